INSERT INTO sharing_people (tenant, person_id, granted_at, began, share_id)
SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::bigint[], $5::uuid[])
    ON CONFLICT DO NOTHING
