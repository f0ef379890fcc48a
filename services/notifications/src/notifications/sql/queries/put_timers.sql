-- One entry a timer, $9 its recipients' roles comma-separated; what was reached once is not due again.
INSERT INTO timers (tenant, cycle_id, rule, rule_version, occurrence, partition, due_at, derived_at, recipients, goal_id)
SELECT n.tenant, n.cycle_id, n.rule, n.version, n.occurrence, n.partition, n.due_at, n.derived_at,
       string_to_array(n.recipients, ','), n.goal_id
  FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::integer[], $5::text[], $6::smallint[], $7::timestamptz[],
              $8::timestamptz[], $9::text[], $10::uuid[])
       AS n (tenant, cycle_id, rule, version, occurrence, partition, due_at, derived_at, recipients, goal_id)
 WHERE NOT EXISTS (
       SELECT FROM reached_milestones r
        WHERE r.tenant = n.tenant AND r.cycle_id = n.cycle_id AND r.milestone = n.rule
          AND r.occurrence = n.occurrence)
