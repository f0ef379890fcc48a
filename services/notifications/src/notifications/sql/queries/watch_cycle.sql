INSERT INTO watched_cycles (tenant, cycle_id, partnership_id, coach_id, teacher_ids, started_at, recorded_at,
                            cadence_days, planned_weeks, time_zone, partition)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
    ON CONFLICT (tenant, cycle_id) DO NOTHING
