-- A page of the open cycles that $5 coaches now; $6 the milestones that ask for something to be done
SELECT c.cycle_id AS id, c.started_at AS at, c.began, 0::bigint AS position, c.partnership_id, c.teacher_ids, c.focus,
       c.phase, c.paused, c.visited_at, c.trends, t.next, t.next_due_at, t.rules, t.due_ats, t.goal_ids
  FROM caseload c
 CROSS JOIN LATERAL (
       SELECT (array_agg(t.rule ORDER BY t.due_at, t.rule) FILTER (WHERE NOT t.reached))[1] AS next,
              min(t.due_at) FILTER (WHERE NOT t.reached) AS next_due_at,
              array_agg(t.rule ORDER BY t.due_at, t.rule, t.occurrence) FILTER (WHERE o.overdue) AS rules,
              array_agg(t.due_at ORDER BY t.due_at, t.rule, t.occurrence) FILTER (WHERE o.overdue) AS due_ats,
              array_agg(t.goal_id ORDER BY t.due_at, t.rule, t.occurrence) FILTER (WHERE o.overdue) AS goal_ids
         FROM timers t
        CROSS JOIN LATERAL (SELECT t.reached AND t.rule = ANY ($6::text[]) AS overdue) AS o
        WHERE t.tenant = c.tenant AND t.watch_id = c.cycle_id) AS t
 WHERE c.tenant = $1 AND c.coach_id = $5 AND c.open AND (c.started_at, c.began) < ($2, $3)
 ORDER BY c.started_at DESC, c.began DESC
 LIMIT $4
