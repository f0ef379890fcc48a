-- $1 tenant, $2 a position: all its events after it, in the order of the log
SELECT position, event_id, tenant, stream_id, version, type, schema_version, partition, data, meta,
       occurred_at, recorded_at, salt, digest, hash
  FROM ledger.events
 WHERE tenant = $1 AND position > $2
 ORDER BY position
