-- $1 tenant, $2 notifications, $3 this claim, $4 when to send it, none: as planned, $5 whether no moment is known at all,
-- until facts change. It was not tried, and what was never tried may still go with others.
UPDATE work.mailing
   SET send_at = CASE WHEN NOT $5 THEN coalesce($4, send_at) END, mail_id = CASE WHEN tries > 0 OR handed_at IS NOT NULL THEN mail_id END,
       claimed_by = NULL, claimed_until = NULL
 WHERE (tenant, notification_id) IN (
       SELECT m.tenant, m.notification_id FROM work.mailing m
        WHERE m.tenant = $1 AND m.notification_id = ANY ($2::uuid[]) AND m.claimed_by = $3
        ORDER BY m.tenant, m.notification_id FOR UPDATE OF m)
