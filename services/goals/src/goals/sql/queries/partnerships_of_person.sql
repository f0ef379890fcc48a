-- A page of the partnerships that $5 is a partner in, whatever became of them
SELECT l.partnership_id AS id, l.proposed_at AS at, l.began, l.position, l.coach_id, l.teacher_ids,
       l.template, l.status, l.consented, true AS mine
  FROM partnership_partners b
  JOIN listed_partnerships l ON l.tenant = b.tenant AND l.partnership_id = b.partnership_id
 WHERE b.tenant = $1 AND b.person_id = $5 AND (b.proposed_at, b.began) < ($2, $3)
 ORDER BY b.proposed_at DESC, b.began DESC
 LIMIT $4
