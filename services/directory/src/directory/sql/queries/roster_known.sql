-- A page of the district's people and organisations, by id: each with its state, and its words by reference
SELECT s.stream_id, s.kind, s.version, s.state, s.state_schema, w.refs, w.words
  FROM ledger.streams s
  LEFT JOIN LATERAL (
       SELECT array_agg(p.ref) AS refs, array_agg(p.words) AS words
         FROM ledger.private_words p
        WHERE p.tenant = s.tenant AND p.stream_id = s.stream_id) AS w ON true
 WHERE s.tenant = $1 AND s.stream_id > $2
 ORDER BY s.stream_id
 LIMIT $3
