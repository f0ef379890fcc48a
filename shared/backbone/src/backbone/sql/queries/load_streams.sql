-- $1 tenants, $2 stream ids
SELECT s.tenant, s.stream_id, s.kind, s.version, s.state, s.state_schema, s.hash
  FROM unnest($1::uuid[], $2::uuid[]) AS k (tenant, stream_id)
  JOIN ledger.streams s ON s.tenant = k.tenant AND s.stream_id = k.stream_id
