-- What a pair looks at before it meets in a cycle ($2): the phase it is in, which goals it has, its open action steps, the
-- last visit and what is planned from $3 on. $4: whose steps and visits (null: everybody's, as who coaches sees them)
SELECT 'phase' AS part, c.phase_since AS at, json_build_object('phase', c.phase, 'phase_since', c.phase_since, 'paused_at', c.paused_at,
       'paused_s', extract(epoch FROM c.phase_paused)) AS data
  FROM figured_cycles c
 WHERE c.tenant = $1 AND c.cycle_id = $2
 UNION ALL
SELECT 'goal', NULL, to_json(g.goal_id)
  FROM figured_goals g
 WHERE g.tenant = $1 AND g.cycle_id = $2
 UNION ALL
SELECT 'step', s.offered_at, row_to_json(s)
  FROM listed_steps s
 WHERE s.tenant = $1 AND s.cycle_id = $2 AND s.status NOT IN ('declined', 'mastered')
   AND ($4::uuid IS NULL OR s.teacher_id = $4)
 UNION ALL
(SELECT 'visit', t.began_at, row_to_json(t)
   FROM coaching_times t
  WHERE t.tenant = $1 AND t.cycle_id = $2 AND t.status = 'held' AND t.type IN ('observe', 'model', 'coteach')
    AND ($4::uuid IS NULL OR $4 = ANY (t.teacher_ids))
  ORDER BY t.began_at DESC
  LIMIT 1)
 UNION ALL
(SELECT 'planned', t.began_at, row_to_json(t)
   FROM coaching_times t
  WHERE t.tenant = $1 AND t.cycle_id = $2 AND t.status = 'planned' AND t.began_at >= $3
    AND ($4::uuid IS NULL OR $4 = ANY (t.teacher_ids))
  ORDER BY t.began_at
  LIMIT 10)
 ORDER BY part, at
