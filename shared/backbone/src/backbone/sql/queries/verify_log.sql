-- Every event in the order of positions.
SELECT position, event_id, tenant, stream_id, version, type, schema_version, partition,
       data, meta, occurred_at, recorded_at, salt, digest, hash
  FROM ledger.events
 ORDER BY position
