-- $1 the world's now: open districts whose month has turned, in UTC, since their figures were released, with their policy
SELECT d.tenant, n.month, p.told
  FROM districts d
  LEFT JOIN policies p USING (tenant)
  LEFT JOIN work.released r USING (tenant)
 CROSS JOIN LATERAL (SELECT to_char(CASE WHEN d.sandbox THEN d.clock ELSE $1::timestamptz END AT TIME ZONE 'UTC',
                                    'YYYY-MM') AS month) AS n
 WHERE NOT d.closed AND n.month > coalesce(r.month, '')
