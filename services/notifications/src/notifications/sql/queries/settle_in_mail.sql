DELETE FROM mail m
 USING unnest($1::uuid[], $2::uuid[]) AS r (tenant, notification_id)
 WHERE m.tenant = r.tenant AND m.notification_id = r.notification_id
