INSERT INTO work.mailing AS w (tenant, notification_id, recipient_id, digest, send_at, planned_from)
SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::boolean[], $5::timestamptz[], $6::bigint[])
 ORDER BY 1, 2
    ON CONFLICT (tenant, notification_id) DO UPDATE
   SET digest = excluded.digest, send_at = excluded.send_at, planned_from = excluded.planned_from
 WHERE w.mail_id IS NULL AND w.settled_at IS NULL
