-- $1 tenants, $2 cycles: the partnership each belongs to and the phases it goes through, as goals told of it
SELECT k.tenant, k.cycle_id AS key, c.partnership_id, c.phases
  FROM unnest($1::uuid[], $2::uuid[]) AS k (tenant, cycle_id)
  JOIN coached_cycles c ON c.tenant = k.tenant AND c.cycle_id = k.cycle_id
