-- $1 tenant, $2 goal, $3 measurement, $4 occurred at, $5 recorded at
INSERT INTO watched_measurements (tenant, goal_id, measurement_id, occurred_at, recorded_at)
VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (tenant, goal_id, measurement_id) DO NOTHING
