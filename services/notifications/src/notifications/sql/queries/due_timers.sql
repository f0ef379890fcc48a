-- $1 the world's now, $2 at most how many, $3 of which partitions: what is due by each district's own
-- clock, earliest first.
-- District by district, so that the thousands that are not due yet are not looked at; those of a district
-- that directory has not told of here wait until its clock is known.
SELECT t.tenant, t.rule, t.rule_version, t.cycle_id, t.occurrence, t.due_at, t.goal_id, t.recipients,
       c.coach_id, c.teacher_ids
  FROM districts d
 CROSS JOIN LATERAL (
       SELECT *
         FROM timers
        WHERE timers.tenant = d.tenant
          AND timers.due_at <= CASE WHEN d.sandbox THEN d.clock ELSE $1 END
          AND timers.partition = ANY ($3::smallint[])
          AND timers.due_at >= timers.derived_at - interval '24 hours'
        ORDER BY due_at, cycle_id, rule, occurrence
        LIMIT $2
       ) t
  JOIN watched_cycles c ON c.tenant = t.tenant AND c.cycle_id = t.cycle_id
 ORDER BY t.due_at, t.cycle_id, t.rule, t.occurrence
 LIMIT $2
