-- $1 tenant, $2 notifications, $3 this claim, $4 the code, $5 seconds to wait: it was tried and was not taken
UPDATE work.mailing
   SET tries = tries + 1, first_tried_at = coalesce(first_tried_at, now()), code = $4,
       retry_at = now() + make_interval(secs => $5), claimed_by = NULL, claimed_until = NULL
 WHERE (tenant, notification_id) IN (
       SELECT m.tenant, m.notification_id FROM work.mailing m
        WHERE m.tenant = $1 AND m.notification_id = ANY ($2::uuid[]) AND m.claimed_by = $3
        ORDER BY m.tenant, m.notification_id FOR UPDATE OF m)
