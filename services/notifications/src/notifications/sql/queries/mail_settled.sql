-- $1 tenants, $2 notifications: an event says what became of the mail
UPDATE work.mailing w SET settled_at = now(), claimed_by = NULL, claimed_until = NULL
  FROM (SELECT m.tenant, m.notification_id
          FROM unnest($1::uuid[], $2::uuid[]) AS r (tenant, notification_id)
          JOIN work.mailing m USING (tenant, notification_id)
         ORDER BY m.tenant, m.notification_id FOR UPDATE OF m) AS r
 WHERE w.tenant = r.tenant AND w.notification_id = r.notification_id
