INSERT INTO initiative_goals (tenant, goal_id, initiative_id, month)
SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[])
    ON CONFLICT DO NOTHING
