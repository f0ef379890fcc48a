-- A page of all partnerships of a district; `mine` marks those that $5 is a partner in
SELECT l.partnership_id AS id, l.proposed_at AS at, l.position, l.coach_id, l.teacher_ids, l.template, l.status,
       l.consented, $5 = l.coach_id OR $5 = ANY (l.teacher_ids) AS mine
  FROM listed_partnerships l
 WHERE l.tenant = $1 AND (l.proposed_at, l.partnership_id) < ($2, $3)
 ORDER BY l.proposed_at DESC, l.partnership_id DESC
 LIMIT $4
