-- $1 tenant, $2 aggregates: the references to words each has, and the events that may refer to them, in their order
SELECT k.stream_id,
       (SELECT array_agg(w.ref) FROM ledger.private_words w
         WHERE w.tenant = $1 AND w.stream_id = k.stream_id) AS refs,
       (SELECT array_agg(e.data::text ORDER BY e.version) FROM ledger.events e
         WHERE e.tenant = $1 AND e.stream_id = k.stream_id) AS data,
       (SELECT array_agg(e.meta ORDER BY e.version) FROM ledger.events e
         WHERE e.tenant = $1 AND e.stream_id = k.stream_id) AS meta
  FROM unnest($2::uuid[]) AS k (stream_id)
