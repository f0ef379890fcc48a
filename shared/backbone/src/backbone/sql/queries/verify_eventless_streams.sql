-- Aggregates without a single event.
SELECT s.tenant, s.stream_id, s.kind, s.version
  FROM ledger.streams s
 WHERE NOT EXISTS (SELECT FROM ledger.events e WHERE e.tenant = s.tenant AND e.stream_id = s.stream_id)
 LIMIT 100
