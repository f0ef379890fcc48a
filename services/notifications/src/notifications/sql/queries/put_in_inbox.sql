INSERT INTO inbox
       (tenant, notification_id, recipient_id, milestone, cycle_id, goal_id, due_at, sent_at, position, began)
SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::uuid[], $6::uuid[], $7::timestamptz[],
                     $8::timestamptz[], $9::bigint[], $10::bigint[])
    ON CONFLICT DO NOTHING
