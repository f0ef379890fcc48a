-- A page of what was asked for of $6's own content, each with its reason; how it stands at $5
SELECT l.break_glass_id AS id, l.requested_at AS at, l.began, l.position, l.teacher_id, l.requested_by, l.cycle_id, l.goal_id,
       w.words AS reason, l.settled_by, l.settled_at, l.expires_at,
       CASE WHEN l.expires_at <= $5 THEN 'expired' ELSE l.status END AS status
  FROM listed_break_glass l
  LEFT JOIN ledger.private_words w ON w.tenant = l.tenant AND w.ref = l.reason_ref
 WHERE l.tenant = $1 AND l.teacher_id = $6 AND (l.requested_at, l.began) < ($2, $3)
 ORDER BY l.requested_at DESC, l.began DESC
 LIMIT $4
