-- $1 the world's now: open districts whose month has turned, there and in UTC, since their figures were released, with their
-- policy
SELECT d.tenant, m.month, p.told
  FROM districts d
  LEFT JOIN policies p USING (tenant)
  LEFT JOIN work.released r USING (tenant)
 CROSS JOIN LATERAL (SELECT CASE WHEN d.sandbox THEN d.clock ELSE $1::timestamptz END AS now) AS n
 CROSS JOIN LATERAL (SELECT to_char(least(n.now AT TIME ZONE 'UTC', n.now AT TIME ZONE d.time_zone), 'YYYY-MM') AS month) AS m
 WHERE NOT d.closed AND m.month > coalesce(r.month, '')
