INSERT INTO observed_people (tenant, person_id, takes_place_at, observation_id, began)
SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::uuid[], $5::bigint[])
