-- What happened in a cycle ($2), in the order in which it did: what goals and action steps tell ($4: the events that
-- matter), and coaching time that was held. $3: whose goals, steps and time (null: everybody's, as who coaches sees them)
SELECT e.type AS kind, e.stream_id AS id, e.occurred_at AS at, e.position AS place, e.data ->> 'phase' AS phase
  FROM (SELECT $2::uuid AS stream_id
         UNION ALL
        SELECT g.goal_id
          FROM board_goals g
         WHERE g.tenant = $1 AND g.cycle_id = $2
           AND ($3::uuid IS NULL OR $3 = ANY (g.owner_ids) OR cardinality(g.owner_ids) > 1)
         UNION ALL
        SELECT s.step_id
          FROM listed_steps s
         WHERE s.tenant = $1 AND s.cycle_id = $2 AND ($3::uuid IS NULL OR s.teacher_id = $3)) AS within
  JOIN events e ON e.tenant = $1 AND e.stream_id = within.stream_id AND e.type = ANY ($4::text[])
 UNION ALL
SELECT t.type, t.time_id, t.began_at, 0, NULL
  FROM coaching_times t
 WHERE t.tenant = $1 AND t.cycle_id = $2 AND t.status = 'held' AND ($3::uuid IS NULL OR $3 = ANY (t.teacher_ids))
 ORDER BY at, place
