-- $1 tenants, $2 people, $3 holds
INSERT INTO holds (tenant, person_id, hold_id)
SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[])
    ON CONFLICT DO NOTHING
