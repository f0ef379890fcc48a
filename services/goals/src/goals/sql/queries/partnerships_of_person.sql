-- A page of the partnerships that $5 is a partner in: as a teacher, whatever became of them, or as the coach it has or
-- is to have now, until it has ended
SELECT l.partnership_id AS id, l.proposed_at AS at, l.began, l.position, l.coach_id, l.teacher_ids,
       l.template, l.status, l.consented, true AS mine
  FROM ((SELECT b.partnership_id, b.proposed_at, b.began
           FROM partnership_teachers b
          WHERE b.tenant = $1 AND b.person_id = $5 AND (b.proposed_at, b.began) < ($2, $3)
          ORDER BY b.proposed_at DESC, b.began DESC
          LIMIT $4)
        UNION ALL
        (SELECT c.partnership_id, c.proposed_at, c.began
           FROM listed_partnerships c
          WHERE c.tenant = $1 AND c.coach_id = $5 AND c.status <> 'ended' AND (c.proposed_at, c.began) < ($2, $3)
          ORDER BY c.proposed_at DESC, c.began DESC
          LIMIT $4)) AS own
  JOIN listed_partnerships l ON l.tenant = $1 AND l.partnership_id = own.partnership_id
 ORDER BY own.proposed_at DESC, own.began DESC
 LIMIT $4
