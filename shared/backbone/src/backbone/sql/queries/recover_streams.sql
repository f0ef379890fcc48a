-- $1 tenants, $2 stream ids, $3 kinds, $4 versions, $5 states, $6 state schemas, $7 hashes
INSERT INTO ledger.streams (tenant, stream_id, kind, version, state, state_schema, hash)
SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::integer[], $5::bytea[], $6::integer[], $7::bytea[])
    ON CONFLICT (tenant, stream_id) DO UPDATE
   SET version = excluded.version, state = excluded.state, state_schema = excluded.state_schema,
       hash = excluded.hash
