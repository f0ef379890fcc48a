-- $1 tenant, $2 observation, $3 cycle, $4 started at, $5 recorded at; a correction may move it
INSERT INTO watched_visits (tenant, observation_id, cycle_id, started_at, recorded_at) VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (tenant, observation_id) DO UPDATE
   SET started_at = excluded.started_at, recorded_at = excluded.recorded_at
