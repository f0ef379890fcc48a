-- A page of the cycles of one partnership ($6); `mine` marks those that are $5's own
SELECT l.cycle_id AS id, l.started_at AS at, l.position, l.partnership_id, l.coach_id, l.teacher_ids, l.focus,
       l.template, l.phase, l.status, l.planned_weeks, l.cadence_days, l.ended_at,
       false AS coaching,
       $5 = ANY (l.teacher_ids) OR ($5 = l.coach_id AND coalesce(p.status = 'agreed', false)) AS mine
  FROM listed_cycles l
  LEFT JOIN partnerships p ON p.tenant = l.tenant AND p.partnership_id = l.partnership_id
 WHERE l.tenant = $1 AND l.partnership_id = $6 AND (l.started_at, l.cycle_id) < ($2, $3)
 ORDER BY l.started_at DESC, l.cycle_id DESC
 LIMIT $4
