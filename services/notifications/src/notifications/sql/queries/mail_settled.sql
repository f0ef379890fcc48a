-- $1 tenants, $2 notifications: an event says what became of the mail
UPDATE work.mailing w SET settled_at = now(), claimed_by = NULL, claimed_until = NULL
  FROM unnest($1::uuid[], $2::uuid[]) AS r (tenant, notification_id)
 WHERE w.tenant = r.tenant AND w.notification_id = r.notification_id
