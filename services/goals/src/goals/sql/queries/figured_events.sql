-- $1 tenant, $2 the kinds of events that figures are made of: all of them, in the order of the log
SELECT e.stream_id, e.type, e.schema_version, e.data, e.occurred_at, e.recorded_at
  FROM events e
 WHERE e.tenant = $1 AND e.type = ANY ($2::text[])
 ORDER BY e.position
