INSERT INTO mail (tenant, notification_id, position)
SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::bigint[])
    ON CONFLICT DO NOTHING
