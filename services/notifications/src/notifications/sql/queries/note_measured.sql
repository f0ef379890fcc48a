-- $1 tenants, $2 goals, $3 measurements, $4 when each was taken, $5 when that was recorded
INSERT INTO measured (tenant, goal_id, measurement_id, occurred_at, recorded_at)
SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::timestamptz[], $5::timestamptz[])
    ON CONFLICT DO NOTHING
