INSERT INTO listed_roles (tenant, person_id, role, org_id, begins, ends, enrolled_at, began)
SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::uuid[], $5::date[], $6::date[], $7::timestamptz[],
                     $8::bigint[])
    ON CONFLICT (tenant, person_id, role, org_id) DO UPDATE
   SET begins = excluded.begins, ends = excluded.ends
