-- $1 a process's name: what the former one of that name had claimed when it died, nobody is at
UPDATE work.mailing SET claimed_by = NULL, claimed_until = NULL
 WHERE (tenant, notification_id) IN (
       SELECT m.tenant, m.notification_id FROM work.mailing m WHERE m.claimed_as = $1 AND m.claimed_by IS NOT NULL
        ORDER BY m.tenant, m.notification_id FOR UPDATE OF m)
