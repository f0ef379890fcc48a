INSERT INTO orgs (tenant, org_id, type, parent_id, time_zone, closed)
SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::uuid[], $5::text[], $6::boolean[])
    ON CONFLICT (tenant, org_id) DO UPDATE
   SET type = excluded.type, parent_id = excluded.parent_id, time_zone = excluded.time_zone, closed = excluded.closed
