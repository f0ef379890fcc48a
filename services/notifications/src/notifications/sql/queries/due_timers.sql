-- $1 the world's now, $2 at most how many: what is due by each district's own clock, earliest first
SELECT t.tenant, t.rule, t.rule_version, t.cycle_id, t.occurrence, t.due_at, t.goal_id, t.recipients,
       c.coach_id, c.teacher_ids
  FROM timers t
  JOIN watched_cycles c USING (tenant, cycle_id)
  LEFT JOIN districts d USING (tenant)
 WHERE t.due_at <= CASE WHEN d.sandbox THEN d.clock ELSE $1 END
   AND t.due_at >= t.derived_at - interval '24 hours'
 ORDER BY t.due_at, t.cycle_id, t.rule, t.occurrence
 LIMIT $2
