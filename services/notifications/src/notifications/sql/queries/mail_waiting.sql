-- $1 the world's now: how many mails wait, how many of them should have gone, for how many no moment is known, and for how
-- many seconds the longest has been tried
SELECT count(*) AS waiting,
       count(*) FILTER (WHERE w.send_at <= CASE WHEN d.sandbox THEN c.clock ELSE $1 END) AS due,
       count(*) FILTER (WHERE w.planned_from IS NOT NULL AND w.send_at IS NULL) AS no_moment_known,
       coalesce(extract(epoch FROM max(now() - w.first_tried_at)), 0)::float8 AS oldest
  FROM mail m
  LEFT JOIN work.mailing w USING (tenant, notification_id)
  LEFT JOIN districts d USING (tenant)
  LEFT JOIN work.clocks c USING (tenant)
 WHERE NOT m.settled AND w.settled_at IS NULL
