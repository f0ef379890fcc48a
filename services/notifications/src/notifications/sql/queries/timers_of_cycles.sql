-- $1 tenants, $2 cycles
SELECT t.tenant, t.cycle_id, t.rule, t.occurrence, t.rule_version, t.partition, t.due_at, t.send_at, t.goal_id,
       t.recipients, t.reached
  FROM unnest($1::uuid[], $2::uuid[]) AS k (tenant, cycle_id)
  JOIN timers t ON t.tenant = k.tenant AND t.cycle_id = k.cycle_id
