-- $1 the world's now: open districts that keep something for a time, and where a day has begun since it was looked through
SELECT d.tenant, t.now, t.day, p.told
  FROM districts d
  JOIN policies p USING (tenant)
  LEFT JOIN work.retained r USING (tenant)
 CROSS JOIN LATERAL (SELECT CASE WHEN d.sandbox THEN d.clock ELSE $1::timestamptz END AS now) AS n
 CROSS JOIN LATERAL (SELECT n.now, (n.now AT TIME ZONE d.time_zone)::date AS day) AS t
 WHERE NOT d.closed AND t.day > coalesce(r.day, '-infinity')
   AND coalesce(p.told -> 'retention' ->> 'pair', p.told -> 'retention' ->> 'author',
                p.told -> 'retention' ->> 'contacts') IS NOT NULL
