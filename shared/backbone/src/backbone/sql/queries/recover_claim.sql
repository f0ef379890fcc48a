-- $1 tenants, $2 keys, $3 stream ids
INSERT INTO ledger.claims (tenant, key, stream_id)
SELECT * FROM unnest($1::uuid[], $2::text[], $3::uuid[])
    ON CONFLICT DO NOTHING
