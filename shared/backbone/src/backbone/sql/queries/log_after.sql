-- $1 position, $2 at most how many
SELECT position, event_id, tenant, stream_id, version, type, schema_version, partition, data, meta,
       occurred_at, recorded_at, salt, hash
  FROM ledger.events WHERE position > $1 ORDER BY position LIMIT $2
