-- $1 position, $2 at most how many; times as text, which Python reads in a third of the time of their bytes
SELECT position, event_id, tenant, stream_id, version, type, schema_version, partition, data, meta,
       occurred_at::text, recorded_at::text, salt, hash
  FROM ledger.events WHERE position > $1 ORDER BY position LIMIT $2
