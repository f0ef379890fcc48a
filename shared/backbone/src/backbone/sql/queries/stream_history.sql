-- $1 tenant, $2 stream id
SELECT type, schema_version, data, version, hash
  FROM ledger.events WHERE tenant = $1 AND stream_id = $2 ORDER BY version
