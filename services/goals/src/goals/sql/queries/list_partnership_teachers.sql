INSERT INTO partnership_teachers (tenant, person_id, proposed_at, partnership_id, began)
SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::uuid[], $5::bigint[])
    ON CONFLICT DO NOTHING
