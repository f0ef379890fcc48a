UPDATE mail m SET settled = true
  FROM unnest($1::uuid[], $2::uuid[]) AS r (tenant, notification_id)
 WHERE m.tenant = r.tenant AND m.notification_id = r.notification_id
