-- Runs of positions that are missing. $1 the head
SELECT position + 1 AS first, next - 1 AS last
  FROM (SELECT position, lead(position, 1, $1 + 1) OVER (ORDER BY position) AS next
          FROM (SELECT 0 AS position UNION ALL
                SELECT position FROM ledger.events WHERE position BETWEEN 1 AND $1) AS there) AS pairs
 WHERE next > position + 1
 ORDER BY position
 LIMIT 100
