-- $1 tenants, $2 notifications, $3 claims, $4 Message-IDs: the mail server said that it took these mails
UPDATE work.mailing w SET handed_at = now(), message_id = r.message_id
  FROM (SELECT r.*
          FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[]) AS r (tenant, notification_id, claim, message_id)
          JOIN work.mailing m USING (tenant, notification_id)
         ORDER BY m.tenant, m.notification_id FOR UPDATE OF m) AS r
 WHERE w.tenant = r.tenant AND w.notification_id = r.notification_id AND w.claimed_by = r.claim
