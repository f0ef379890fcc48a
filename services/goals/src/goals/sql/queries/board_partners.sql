INSERT INTO board_partners (tenant, person_id, drafted_at, goal_id, coaching, began)
SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::uuid[], $5::boolean[], $6::bigint[])
    ON CONFLICT DO NOTHING
