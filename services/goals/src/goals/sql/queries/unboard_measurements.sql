DELETE FROM board_measurements m
 USING unnest($1::uuid[], $2::uuid[], $3::uuid[]) AS gone (tenant, goal_id, measurement_id)
 WHERE m.tenant = gone.tenant AND m.goal_id = gone.goal_id AND m.measurement_id = gone.measurement_id
