UPDATE inbox i SET acknowledged_at = r.acknowledged_at, position = r.position
  FROM unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::bigint[])
       AS r (tenant, notification_id, acknowledged_at, position)
 WHERE i.tenant = r.tenant AND i.notification_id = r.notification_id
