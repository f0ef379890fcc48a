-- $1 event ids: the events among them that this log has
SELECT e.position, e.event_id, e.tenant, e.stream_id, s.kind, e.version, e.type, e.data, e.meta, e.occurred_at, e.recorded_at
  FROM ledger.events e
  JOIN ledger.streams s ON s.tenant = e.tenant AND s.stream_id = e.stream_id
 WHERE e.event_id = ANY ($1)
