-- $1 tenants, $2 cycles, or partnerships
SELECT t.tenant, t.watch_id, t.rule, t.occurrence, t.rule_version, t.partition, t.due_at, t.send_at, t.goal_id,
       t.recipients, t.reached, t.of_partnership
  FROM unnest($1::uuid[], $2::uuid[]) AS k (tenant, watch_id)
  JOIN timers t ON t.tenant = k.tenant AND t.watch_id = k.watch_id
