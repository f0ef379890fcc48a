-- $1 tenant, $2 goal, $3 cycle, $4 recorded at
INSERT INTO watched_goals (tenant, goal_id, cycle_id, recorded_at) VALUES ($1, $2, $3, $4)
    ON CONFLICT (tenant, goal_id) DO UPDATE SET recorded_at = excluded.recorded_at
