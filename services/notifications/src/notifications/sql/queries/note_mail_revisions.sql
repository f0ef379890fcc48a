INSERT INTO mail_revisions AS r (tenant, source, position)
SELECT * FROM unnest($1::uuid[], $2::text[], $3::bigint[])
    ON CONFLICT (tenant, source) DO UPDATE SET position = greatest(r.position, excluded.position)
