-- $1 tenant, $2 after which aggregate, $3 how many: aggregates with private words, and when each changed last
SELECT s.stream_id, s.kind,
       (SELECT e.recorded_at FROM ledger.events e
         WHERE e.tenant = s.tenant AND e.stream_id = s.stream_id
         ORDER BY e.version DESC
         LIMIT 1) AS changed_at
  FROM (SELECT DISTINCT w.stream_id
          FROM ledger.private_words w
         WHERE w.tenant = $1 AND w.stream_id > $2
         ORDER BY w.stream_id
         LIMIT $3) AS k
  JOIN ledger.streams s ON s.tenant = $1 AND s.stream_id = k.stream_id
 ORDER BY s.stream_id
