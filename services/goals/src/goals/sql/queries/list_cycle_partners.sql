INSERT INTO cycle_partners (tenant, person_id, started_at, cycle_id, coaching, began)
SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::uuid[], $5::boolean[], $6::bigint[])
    ON CONFLICT DO NOTHING
