INSERT INTO inbox
       (tenant, notification_id, recipient_id, milestone, cycle_id, partnership_id, goal_id, occurrence, due_at, sent_at,
        began, position)
SELECT r.*, r.began
  FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::uuid[], $6::uuid[], $7::uuid[], $8::text[],
              $9::timestamptz[], $10::timestamptz[], $11::bigint[])
       AS r (tenant, notification_id, recipient_id, milestone, cycle_id, partnership_id, goal_id, occurrence, due_at,
             sent_at, began)
    ON CONFLICT DO NOTHING
