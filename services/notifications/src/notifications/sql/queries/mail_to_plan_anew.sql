-- $1 at most how many: what has a plan made from facts that have changed since, and is in no mail yet
SELECT m.tenant, m.notification_id, m.recipient_id, m.cycle_id, m.sent_at, r.revision
  FROM (SELECT tenant, sum(position)::bigint AS revision FROM mail_revisions GROUP BY tenant) r
 CROSS JOIN LATERAL (
       (SELECT w.notification_id
          FROM work.mailing w
         WHERE w.tenant = r.tenant AND w.settled_at IS NULL AND w.mail_id IS NULL AND w.planned_from < r.revision
           AND (SELECT true FROM mail m WHERE m.tenant = w.tenant AND m.notification_id = w.notification_id)
         ORDER BY w.planned_from LIMIT $1)
        UNION ALL
       (SELECT w.notification_id
          FROM work.mailing w
         WHERE w.tenant = r.tenant AND w.settled_at IS NULL AND w.mail_id IS NULL AND w.planned_from > r.revision
           AND (SELECT true FROM mail m WHERE m.tenant = w.tenant AND m.notification_id = w.notification_id)
         ORDER BY w.planned_from DESC LIMIT $1)
         LIMIT $1) AS w
 CROSS JOIN LATERAL (
       SELECT * FROM inbox m WHERE m.tenant = r.tenant AND m.notification_id = w.notification_id LIMIT 1) AS m
 LIMIT $1
