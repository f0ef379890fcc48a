INSERT INTO listed_people (tenant, person_id, name_ref, experience_band, active, enrolled_at, position, began)
SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::boolean[], $6::timestamptz[], $7::bigint[],
                     $8::bigint[])
    ON CONFLICT (tenant, person_id) DO UPDATE
   SET name_ref = excluded.name_ref, experience_band = excluded.experience_band, active = excluded.active,
       position = excluded.position
