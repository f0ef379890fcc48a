INSERT INTO reflecting_people (tenant, person_id, recorded_at, reflection_id, began)
SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::uuid[], $5::bigint[])
    ON CONFLICT DO NOTHING
