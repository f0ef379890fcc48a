-- $1 tenants, $2 coaches, $3 days in which something of theirs changed
INSERT INTO touched_days (tenant, coach_id, begins)
SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::timestamptz[])
    ON CONFLICT DO NOTHING
