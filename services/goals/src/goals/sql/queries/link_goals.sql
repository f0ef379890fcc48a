INSERT INTO initiative_goals (tenant, goal_id, initiative_id)
SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[])
    ON CONFLICT DO NOTHING
