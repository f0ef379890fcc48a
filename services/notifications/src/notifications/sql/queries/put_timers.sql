INSERT INTO timers (tenant, watch_id, rule, occurrence, rule_version, partition, due_at, send_at, goal_id, recipients,
                    reached, of_partnership)
SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::integer[], $6::smallint[], $7::timestamptz[],
                     $8::timestamptz[], $9::uuid[], $10::text[], $11::boolean[], $12::boolean[])
    ON CONFLICT (tenant, watch_id, rule, occurrence) DO UPDATE
   SET rule_version = excluded.rule_version, due_at = excluded.due_at, send_at = excluded.send_at,
       goal_id = excluded.goal_id, recipients = excluded.recipients, reached = excluded.reached
