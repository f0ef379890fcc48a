-- $1 tenant: all its events, in the order of the log
SELECT position, event_id, tenant, stream_id, version, type, schema_version, partition, data, meta,
       occurred_at, recorded_at, salt, hash
  FROM ledger.events
 WHERE tenant = $1
 ORDER BY position
