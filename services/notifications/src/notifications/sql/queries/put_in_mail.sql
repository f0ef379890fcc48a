INSERT INTO mail (tenant, notification_id, recipient_id, milestone, cycle_id, partnership_id, goal_id, occurrence,
                  sent_at, position)
SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::uuid[], $6::uuid[], $7::uuid[],
                     $8::text[], $9::timestamptz[], $10::bigint[])
    ON CONFLICT DO NOTHING
