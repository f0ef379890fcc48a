INSERT INTO listed_initiatives
       (tenant, initiative_id, name_ref, focus, begins, ends, status, launched_at, position, began)
SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::date[], $6::date[], $7::text[],
                     $8::timestamptz[], $9::bigint[], $10::bigint[])
    ON CONFLICT (tenant, initiative_id) DO UPDATE
   SET status = excluded.status, position = excluded.position
