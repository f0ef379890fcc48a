-- $1 at most how many: what was told and has no plan, or one made from facts that have changed since
SELECT m.tenant, m.notification_id, m.recipient_id, m.cycle_id, m.sent_at, coalesce(r.revision, 0) AS revision
  FROM mail m
  LEFT JOIN work.mailing w USING (tenant, notification_id)
  LEFT JOIN (SELECT tenant, sum(position)::bigint AS revision FROM mail_revisions GROUP BY tenant) r USING (tenant)
 WHERE NOT m.settled
   AND (w.notification_id IS NULL
        OR w.planned_from <> coalesce(r.revision, 0) AND w.mail_id IS NULL AND w.settled_at IS NULL)
 ORDER BY m.sent_at
 LIMIT $1
