INSERT INTO listed_orgs (tenant, org_id, name_ref, type, parent_id, time_zone, closed, opened_at, position, began)
SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::uuid[], $6::text[], $7::boolean[],
                     $8::timestamptz[], $9::bigint[], $10::bigint[])
    ON CONFLICT (tenant, org_id) DO UPDATE
   SET name_ref = excluded.name_ref, type = excluded.type, parent_id = excluded.parent_id,
       time_zone = excluded.time_zone, closed = excluded.closed, position = excluded.position
