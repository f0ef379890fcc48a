INSERT INTO people (tenant, person_id, active, experience_band)
SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::boolean[], $4::text[])
    ON CONFLICT (tenant, person_id) DO UPDATE
   SET active = excluded.active, experience_band = excluded.experience_band
