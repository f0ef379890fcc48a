-- What a pair looks at before it meets in a cycle ($2): what was told of it ($5: the events that matter), which goals it has, its open action steps, the
-- last visit and what is planned from $3 on. $4: whose steps and visits (null: everybody's, as who coaches sees them)
SELECT 'cycle' AS part, e.occurred_at AS at, json_build_object('version', e.version, 'at', e.occurred_at,
       'type', e.type, 'schema_version', e.schema_version, 'data', e.data::text) AS data
  FROM events e
 WHERE e.tenant = $1 AND e.stream_id = $2 AND e.type = ANY ($5::text[])
 UNION ALL
SELECT 'goal', NULL, to_json(g.goal_id)
  FROM board_goals g
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
