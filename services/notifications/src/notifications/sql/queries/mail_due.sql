-- $1 tenant, $2 the world's now, $3 at most how many of a kind are counted: mails that should have been tried by the
-- district's clock and have not been: not planned, planned from facts that have changed since, handed over and not settled,
-- or due. While the mail server is in trouble, trying one has been trying all.
SELECT count(*)
  FROM districts d
  LEFT JOIN work.clocks c USING (tenant)
 CROSS JOIN LATERAL (
       SELECT coalesce(sum(r.position), 0)::bigint AS revision FROM mail_revisions r WHERE r.tenant = d.tenant) AS facts
 CROSS JOIN work.mail_server s
 CROSS JOIN LATERAL (
       (SELECT m.notification_id
          FROM mail m
         WHERE m.tenant = d.tenant AND m.position > (SELECT through FROM work.mail_planned)
           AND (SELECT true FROM work.mailing w WHERE w.tenant = m.tenant AND w.notification_id = m.notification_id) IS NULL
         ORDER BY m.position LIMIT $3)
        UNION
       (SELECT w.notification_id
          FROM work.mailing w
         WHERE w.tenant = d.tenant AND w.settled_at IS NULL AND w.mail_id IS NULL AND w.planned_from < facts.revision
         ORDER BY w.planned_from LIMIT $3)
        UNION
       (SELECT w.notification_id
          FROM work.mailing w
         WHERE w.tenant = d.tenant AND w.settled_at IS NULL AND w.mail_id IS NULL AND w.planned_from > facts.revision
         ORDER BY w.planned_from DESC LIMIT $3)
        UNION
       (SELECT w.notification_id
          FROM work.mailing w
         WHERE w.tenant = d.tenant AND w.settled_at IS NULL AND w.handed_at IS NOT NULL
         LIMIT $3)
        UNION
       (SELECT w.notification_id
          FROM work.mailing w
         WHERE w.tenant = d.tenant AND w.settled_at IS NULL AND w.handed_at IS NULL AND w.tries = 0 AND s.trouble IS NULL
           AND w.send_at <= CASE WHEN d.sandbox THEN c.clock ELSE $2 END
         ORDER BY w.send_at LIMIT $3)) AS waiting
 WHERE d.tenant = $1
   AND (SELECT true FROM mail m WHERE m.tenant = d.tenant AND m.notification_id = waiting.notification_id)
