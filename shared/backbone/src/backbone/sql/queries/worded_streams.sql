-- $1 tenant, $2 person, $3 after which aggregate, $4 how many: aggregates with private words of which some event names
-- the person, as who did it or in what it says; and the person's own. `held` are others it names so, on whom a legal hold
-- stands. The last row tells where the next page begins.
SELECT c.stream_id, c.kind, c.concerned,
       CASE WHEN c.concerned THEN ARRAY(
           SELECT DISTINCT h.person_id
             FROM holds h
            WHERE h.tenant = $1 AND h.person_id <> $2
              AND EXISTS (SELECT FROM ledger.events e
                           WHERE e.tenant = h.tenant AND e.stream_id = c.stream_id
                             AND (position(h.person_id::text IN e.data::text) > 0
                                  OR position(convert_to(h.person_id::text, 'UTF8') IN e.meta) > 0))
            ORDER BY 1) ELSE '{}' END AS held
  FROM (SELECT s.stream_id, s.kind,
               s.stream_id = $2 OR EXISTS (
                   SELECT FROM ledger.events e
                    WHERE e.tenant = s.tenant AND e.stream_id = s.stream_id
                      AND (position($2::text IN e.data::text) > 0
                           OR position(convert_to($2::text, 'UTF8') IN e.meta) > 0)) AS concerned
          FROM (SELECT DISTINCT w.stream_id
                  FROM ledger.private_words w
                 WHERE w.tenant = $1 AND w.stream_id > $3
                 ORDER BY w.stream_id
                 LIMIT $4) AS k
          JOIN ledger.streams s ON s.tenant = $1 AND s.stream_id = k.stream_id) AS c
 ORDER BY c.stream_id
