-- $1 tenants, $2 kinds, $3 ids of what cycles depend on
INSERT INTO touched (tenant, kind, own_id)
SELECT * FROM unnest($1::uuid[], $2::text[], $3::uuid[])
    ON CONFLICT DO NOTHING
