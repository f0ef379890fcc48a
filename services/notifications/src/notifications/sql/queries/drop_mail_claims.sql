-- $1 claims of this process that a fault left behind: nobody is at these mails
UPDATE work.mailing SET claimed_by = NULL, claimed_until = NULL
 WHERE (tenant, notification_id) IN (
       SELECT m.tenant, m.notification_id FROM work.mailing m WHERE m.claimed_by = ANY ($1::uuid[])
        ORDER BY m.tenant, m.notification_id FOR UPDATE OF m)
