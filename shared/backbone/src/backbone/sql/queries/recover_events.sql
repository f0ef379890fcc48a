-- The columns of events, one array each.
INSERT INTO ledger.events (position, event_id, tenant, stream_id, version, type, schema_version, partition,
                           data, meta, occurred_at, recorded_at, salt, digest, hash)
SELECT position, event_id, tenant, stream_id, version, type, schema_version, partition,
       data::json, meta, occurred_at, recorded_at, salt, digest, hash
  FROM unnest($1::bigint[], $2::uuid[], $3::uuid[], $4::uuid[], $5::integer[], $6::text[], $7::integer[],
              $8::smallint[], $9::text[], $10::bytea[], $11::timestamptz[], $12::timestamptz[], $13::bytea[],
              $14::bytea[], $15::bytea[])
       AS e (position, event_id, tenant, stream_id, version, type, schema_version, partition,
             data, meta, occurred_at, recorded_at, salt, digest, hash)
