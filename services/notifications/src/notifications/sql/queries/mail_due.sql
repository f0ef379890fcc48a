-- $1 tenant, $2 the world's now: mails that should have been tried by the district's clock and have not been.
-- While the mail server is in trouble, trying one has been trying all.
SELECT count(*)
  FROM mail m
  LEFT JOIN work.mailing w USING (tenant, notification_id)
  JOIN districts d USING (tenant)
  LEFT JOIN work.clocks c USING (tenant)
  LEFT JOIN (SELECT tenant, sum(position)::bigint AS revision FROM mail_revisions GROUP BY tenant) r USING (tenant)
 CROSS JOIN work.mail_server s
 WHERE m.tenant = $1 AND NOT m.settled AND w.settled_at IS NULL
   AND (w.notification_id IS NULL
        OR w.planned_from <> coalesce(r.revision, 0) AND w.mail_id IS NULL
        OR w.handed_at IS NOT NULL
        OR w.tries = 0 AND s.trouble IS NULL
           AND w.send_at <= CASE WHEN d.sandbox THEN c.clock ELSE $2 END)
