INSERT INTO board_owners (tenant, person_id, drafted_at, goal_id, began)
SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::uuid[], $5::bigint[])
    ON CONFLICT DO NOTHING
