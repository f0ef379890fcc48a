-- A page of the partnerships that concern $6 (null: anyone) or are $5's own; `mine` marks those that are
SELECT l.partnership_id AS id, l.proposed_at AS at, l.began, l.position, l.coach_id, l.teacher_ids,
       l.template, l.status, l.consented, m.mine
  FROM listed_partnerships l
 CROSS JOIN LATERAL (SELECT $5 = l.coach_id OR $5 = ANY (l.teacher_ids) AS mine) AS m
 WHERE l.tenant = $1 AND (l.proposed_at, l.began) < ($2, $3)
   AND ($6::uuid[] IS NULL OR l.teacher_ids && $6 OR m.mine)
 ORDER BY l.proposed_at DESC, l.began DESC
 LIMIT $4
