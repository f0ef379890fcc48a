DELETE FROM timers t USING unnest($1::uuid[], $2::uuid[]) AS k (tenant, cycle_id)
 WHERE t.tenant = k.tenant AND t.cycle_id = k.cycle_id
