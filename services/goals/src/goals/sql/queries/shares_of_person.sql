-- A page of the shares that $5 granted or was granted; how each stands at $6
SELECT l.partnership_id AS id, mine.granted_at AS at, l.began, l.position, l.share_id, l.teacher_id, l.cycle_id, l.goal_id,
       l.audience, l.expires_at,
       CASE WHEN l.revoked THEN 'revoked' WHEN l.expires_at <= $6 THEN 'expired' ELSE 'in_force' END AS status
  FROM sharing_people mine
  JOIN listed_shares l ON l.tenant = mine.tenant AND l.share_id = mine.share_id
 WHERE mine.tenant = $1 AND mine.person_id = $5 AND (mine.granted_at, mine.began) < ($2, $3)
 ORDER BY mine.granted_at DESC, mine.began DESC
 LIMIT $4
