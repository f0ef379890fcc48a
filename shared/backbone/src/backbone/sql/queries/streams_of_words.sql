-- $1 tenant, $2 person, $3 references: the aggregates whose words they are, and of each whom it names, as who did
-- something or in what an event says, on whom a legal hold stands; the person left out
SELECT s.stream_id, s.kind, array_agg(w.ref) AS refs,
       ARRAY(SELECT DISTINCT h.person_id
               FROM holds h
              WHERE h.tenant = $1 AND h.person_id <> $2
                AND EXISTS (SELECT FROM ledger.events e
                             WHERE e.tenant = h.tenant AND e.stream_id = s.stream_id
                               AND (position(h.person_id::text IN e.data::text) > 0
                                    OR position(convert_to(h.person_id::text, 'UTF8') IN e.meta) > 0))
              ORDER BY 1) AS held
  FROM ledger.private_words w
  JOIN ledger.streams s ON s.tenant = w.tenant AND s.stream_id = w.stream_id
 WHERE w.tenant = $1 AND w.ref = ANY ($3)
 GROUP BY s.stream_id, s.kind
