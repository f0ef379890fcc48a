-- What led to where a goal ($2) stands: what was recorded of it ($4: the events that matter), the action steps of its cycle
-- ($3) that serve it or none in particular, the coaching time its owners ($5) got in the cycle, every visit that its
-- measurements come from, and how long a coach spent when a stretch of time counts once. $6: whose steps (null: every owner's)
WITH told AS MATERIALIZED (
       SELECT e.position, e.type, e.schema_version, e.data, e.occurred_at, e.recorded_at
         FROM events e
        WHERE e.tenant = $1 AND e.stream_id = $2 AND e.type = ANY ($4::text[])),
times AS MATERIALIZED (
       SELECT t.*, t.cycle_id IS NOT DISTINCT FROM $3 AND t.teacher_ids && $5::uuid[] AS of_cycle
         FROM coaching_times t
        WHERE t.tenant = $1 AND t.status = 'held'
          AND (t.time_id IN (SELECT (told.data ->> 'observation_id')::uuid FROM told WHERE told.type = 'ProgressMeasured')
               OR t.cycle_id = $3)),
spent AS (
       SELECT range_agg(tstzrange(t.began_at, t.ended_at)) AS stretches
         FROM times t
        WHERE t.of_cycle
        GROUP BY t.coach_id)
SELECT 'told' AS part, told.position AS place, told.type, told.schema_version, told.data, told.occurred_at,
       told.recorded_at
  FROM told
 UNION ALL
SELECT 'step', s.began, s.status, NULL, row_to_json(s), s.offered_at, s.changed_at
  FROM listed_steps s
 WHERE s.tenant = $1 AND s.cycle_id = $3 AND (s.goal_id IS NULL OR s.goal_id = $2)
   AND s.teacher_id = ANY ($5) AND ($6::uuid IS NULL OR s.teacher_id = $6)
 UNION ALL
SELECT 'time', 0, t.type, NULL, row_to_json(t), t.began_at, t.ended_at
  FROM times t
 UNION ALL
SELECT 'spent', 0, 'seconds', NULL, to_json(coalesce(sum(extract(epoch FROM upper(s.stretch) - lower(s.stretch))), 0)), NULL, NULL
  FROM spent CROSS JOIN LATERAL unnest(spent.stretches) AS s (stretch)
 ORDER BY part, place, occurred_at
