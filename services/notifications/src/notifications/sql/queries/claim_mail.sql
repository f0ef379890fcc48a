-- $1 the world's now, $2 at most how many mails, $3 seconds to hold them, $4 this claim, $5 what the claiming process is
-- called, if anything: mails that are due by their district's clock and that nobody is at, and those that were handed
-- over and not yet settled, which come first.
-- A digest takes all that is due for its recipient; what was in a mail once stays in it.
WITH free AS (
    SELECT w.tenant, w.notification_id, w.send_at, w.handed_at,
           coalesce(w.mail_id, CASE WHEN w.digest THEN w.recipient_id ELSE w.notification_id END) AS bundle
      FROM districts d  -- one that directory has not told of yet has no time here
      LEFT JOIN work.clocks c USING (tenant)
     CROSS JOIN LATERAL (
           SELECT * FROM work.mailing
            WHERE tenant = d.tenant AND settled_at IS NULL AND handed_at IS NOT NULL
            UNION ALL
           SELECT * FROM work.mailing
            WHERE tenant = d.tenant AND settled_at IS NULL AND handed_at IS NULL
              AND send_at <= CASE WHEN d.sandbox THEN c.clock ELSE $1 END) AS w
     WHERE coalesce(w.claimed_until, '-infinity') <= now()
       AND coalesce(w.retry_at, '-infinity') <= now()),
bundles AS (
    SELECT tenant, bundle, (array_agg(notification_id ORDER BY notification_id))[1] AS first
      FROM free GROUP BY tenant, bundle
     ORDER BY bool_and(handed_at IS NULL), min(send_at), bundle
     LIMIT $2)
UPDATE work.mailing w
   SET mail_id = coalesce(w.mail_id, b.first), claimed_by = $4, claimed_as = nullif($5, ''),
       claimed_until = now() + make_interval(secs => $3)
  FROM (SELECT m.tenant, m.notification_id, b.first
          FROM bundles b
          JOIN free f USING (tenant, bundle)
          JOIN work.mailing m ON m.tenant = f.tenant AND m.notification_id = f.notification_id
         ORDER BY m.tenant, m.notification_id FOR UPDATE OF m) AS b
 WHERE w.tenant = b.tenant AND w.notification_id = b.notification_id
RETURNING w.tenant, w.notification_id, w.recipient_id, w.mail_id, w.digest, w.send_at, w.tries, w.message_id,
          w.handed_at IS NOT NULL AS handed, coalesce(now() - w.first_tried_at, '0') AS tried_for
