INSERT INTO roles (tenant, person_id, role, org_id, begins, ends, withdrawn)
SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::uuid[], $5::date[], $6::date[], $7::boolean[])
    ON CONFLICT (tenant, person_id, role, org_id) DO UPDATE
   SET begins = excluded.begins, ends = excluded.ends, withdrawn = excluded.withdrawn
