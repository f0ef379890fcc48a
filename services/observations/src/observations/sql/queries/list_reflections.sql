INSERT INTO listed_reflections
       (tenant, reflection_id, author_id, partnership_id, cycle_id, recorded_at, shared_at, position, began)
SELECT *
  FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::uuid[], $6::timestamptz[], $7::timestamptz[],
              $8::bigint[], $9::bigint[])
    ON CONFLICT (tenant, reflection_id) DO UPDATE
   SET partnership_id = excluded.partnership_id, shared_at = excluded.shared_at, position = excluded.position
