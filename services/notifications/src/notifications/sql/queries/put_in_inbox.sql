INSERT INTO inbox
       (tenant, notification_id, recipient_id, milestone, cycle_id, partnership_id, goal_id, due_at, sent_at, position,
        began)
SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::uuid[], $6::uuid[], $7::uuid[],
                     $8::timestamptz[], $9::timestamptz[], $10::bigint[], $11::bigint[])
    ON CONFLICT DO NOTHING
