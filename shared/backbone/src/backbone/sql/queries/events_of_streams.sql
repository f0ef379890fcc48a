-- $1 tenant, $2 aggregates, $3 names of events: those of these that this log has, in order
SELECT e.position, e.event_id, e.tenant, e.stream_id, s.kind, e.version, e.type, e.data, e.meta, e.occurred_at,
       e.recorded_at
  FROM ledger.streams s
  JOIN ledger.events e ON e.tenant = s.tenant AND e.stream_id = s.stream_id
 WHERE s.tenant = $1 AND s.stream_id = ANY ($2) AND e.type = ANY ($3)
 ORDER BY e.position
