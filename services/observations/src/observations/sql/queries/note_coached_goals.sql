INSERT INTO coached_goals (tenant, goal_id, partnership_id)
SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[])
    ON CONFLICT DO NOTHING
