-- $1 tenants, $2 notifications, $3 claims, $4 Message-IDs: the mail server said that it took these mails
UPDATE work.mailing w SET handed_at = now(), message_id = r.message_id
  FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[]) AS r (tenant, notification_id, claim, message_id)
 WHERE w.tenant = r.tenant AND w.notification_id = r.notification_id AND w.claimed_by = r.claim
