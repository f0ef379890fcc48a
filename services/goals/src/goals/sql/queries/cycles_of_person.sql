-- A page of the cycles that are $5's own, of one partnership ($6) or of all: a teacher's always, a coach's
-- while the partnership is agreed
SELECT l.cycle_id AS id, l.started_at AS at, l.began, l.position, l.partnership_id, l.coach_id, l.teacher_ids, l.focus,
       l.template, l.phase, l.status, l.planned_weeks, l.cadence_days, l.ended_at,
       b.coaching, true AS mine
  FROM cycle_partners b
  JOIN listed_cycles l ON l.tenant = b.tenant AND l.cycle_id = b.cycle_id
  LEFT JOIN partnerships p ON p.tenant = l.tenant AND p.partnership_id = l.partnership_id
 WHERE b.tenant = $1 AND b.person_id = $5 AND (b.started_at, b.began) < ($2, $3)
   AND ($6::uuid IS NULL OR l.partnership_id = $6)
   AND (NOT b.coaching OR p.status = 'agreed')
 ORDER BY b.started_at DESC, b.began DESC
 LIMIT $4
