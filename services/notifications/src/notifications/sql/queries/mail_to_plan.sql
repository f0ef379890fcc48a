-- $1 at most how many: what was told and has no plan, in the order of telling. Whether it has one is asked of each by
-- itself: nobody knows beforehand that few were told since.
SELECT m.tenant, m.notification_id, i.recipient_id, i.cycle_id, i.sent_at, m.position,
       coalesce((SELECT sum(r.position)::bigint FROM mail_revisions r WHERE r.tenant = m.tenant), 0) AS revision
  FROM mail m
  JOIN inbox i ON i.tenant = m.tenant AND i.notification_id = m.notification_id
 WHERE m.position > (SELECT through FROM work.mail_planned)
   AND (SELECT true FROM work.mailing w WHERE w.tenant = m.tenant AND w.notification_id = m.notification_id) IS NULL
 ORDER BY m.position
 LIMIT $1
