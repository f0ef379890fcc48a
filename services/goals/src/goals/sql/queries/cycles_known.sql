-- $1 tenants, $2 cycles: their rows as they are
SELECT l.*
  FROM unnest($1::uuid[], $2::uuid[]) AS k (tenant, cycle_id)
  JOIN listed_cycles l ON l.tenant = k.tenant AND l.cycle_id = k.cycle_id
