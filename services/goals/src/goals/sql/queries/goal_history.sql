-- What was recorded of a goal ($2) and its cycle ($3) before $4 (null: so far), in the order in which it was told, each
-- event with the text it says most with, where that still exists. $5: the events that matter
SELECT e.stream_id, e.position, e.type, e.schema_version, e.data, e.occurred_at, e.recorded_at, w.words
  FROM events e
  LEFT JOIN private_words w ON w.tenant = e.tenant
   AND w.ref = (coalesce(e.data -> 'statement_ref', e.data -> 'reason_ref') ->> 'ref')::uuid
 WHERE e.tenant = $1 AND e.stream_id IN ($2, $3) AND ($4::timestamptz IS NULL OR e.recorded_at < $4)
   AND e.type = ANY ($5::text[])
 ORDER BY e.position
