INSERT INTO board_partners (tenant, person_id, drafted_at, goal_id, coaching)
SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::uuid[], $5::boolean[])
    ON CONFLICT DO NOTHING
