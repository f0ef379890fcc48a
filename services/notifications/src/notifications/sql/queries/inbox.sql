-- A page of what $5 was told
SELECT i.notification_id AS id, i.sent_at AS at, i.began, i.position, i.milestone, i.cycle_id, i.partnership_id, i.goal_id, i.due_at,
       i.acknowledged_at
  FROM inbox i
 WHERE i.tenant = $1 AND i.recipient_id = $5 AND (i.sent_at, i.began) < ($2, $3)
 ORDER BY i.sent_at DESC, i.began DESC
 LIMIT $4
