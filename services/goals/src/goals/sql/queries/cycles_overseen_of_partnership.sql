-- A page of the cycles of one partnership ($6) that concern $7 (null: anyone) or are $5's own; `mine` marks
-- those that are
SELECT l.cycle_id AS id, l.started_at AS at, l.began, l.position, l.partnership_id,
       coalesce(p.coach_id, l.coach_id) AS coach_id, l.teacher_ids, l.focus, l.template, l.phase, l.status, l.follow_up,
       l.planned_weeks, l.cadence_days, l.ended_at, false AS coaching, m.mine
  FROM listed_cycles l
  LEFT JOIN partnerships p ON p.tenant = l.tenant AND p.partnership_id = l.partnership_id
 CROSS JOIN LATERAL (
       SELECT EXISTS (SELECT FROM cycle_teachers t
                       WHERE t.tenant = l.tenant AND t.person_id = $5 AND t.started_at = l.started_at
                         AND t.began = l.began) OR coalesce($5 = p.coach_id AND p.status = 'agreed', false) AS mine) AS m
 WHERE l.tenant = $1 AND l.partnership_id = $6 AND (l.started_at, l.began) < ($2, $3)
   AND ($7::uuid[] IS NULL OR l.teacher_ids && $7 OR m.mine)
 ORDER BY l.started_at DESC, l.began DESC
 LIMIT $4
