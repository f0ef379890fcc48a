-- $1 tenants, $2 cycles: their rows as they are
SELECT c.*
  FROM unnest($1::uuid[], $2::uuid[]) AS k (tenant, cycle_id)
  JOIN coached_cycles c ON c.tenant = k.tenant AND c.cycle_id = k.cycle_id
