-- $1 the world's now, $2 at most how many, $3 of which partitions: what is due and may be told by each district's
-- own clock, earliest first.
-- District by district, so that the thousands that are not due yet are not looked at; those of a district
-- that directory has not told of here wait until its clock is known, those of a sandbox until it is gone by.
SELECT t.tenant, t.rule, t.rule_version, t.watch_id AS cycle_id, t.of_partnership, t.occurrence, t.due_at, t.goal_id, t.recipients
  FROM districts d
  LEFT JOIN work.clocks c USING (tenant)
 CROSS JOIN LATERAL (
       SELECT *
         FROM timers
        WHERE timers.tenant = d.tenant
          AND timers.send_at <= CASE WHEN d.sandbox THEN c.clock ELSE $1 END
          AND timers.partition = ANY ($3::smallint[])
          AND NOT timers.reached
        ORDER BY send_at, due_at, watch_id, rule, occurrence
        LIMIT $2
       ) t
 ORDER BY t.send_at, t.due_at, t.watch_id, t.rule, t.occurrence
 LIMIT $2
