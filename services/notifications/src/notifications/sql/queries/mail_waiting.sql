-- $1 the world's now: how many mails wait, how many of them should have gone, and for how many seconds the longest
SELECT count(*) AS waiting,
       count(*) FILTER (WHERE w.send_at <= CASE WHEN d.sandbox THEN c.clock ELSE $1 END) AS due,
       coalesce(extract(epoch FROM max(now() - w.first_tried_at)), 0)::float8 AS oldest
  FROM mail m
  LEFT JOIN work.mailing w USING (tenant, notification_id)
  LEFT JOIN districts d USING (tenant)
  LEFT JOIN work.clocks c USING (tenant)
 WHERE NOT m.settled AND w.settled_at IS NULL
