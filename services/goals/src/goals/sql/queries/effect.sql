-- $1 tenant, $2 school year, $3 schools (null: all): of each initiative the goals that serve it and were set, in cycles that
-- started in the year. `baseline` and `final` are those of an achievement that stands.
SELECT l.initiative_id, g.metric_code, g.kind, g.unit, g.direction, g.owner_ids, g.students, g.stage >= 4 AS achieved,
       g.baseline, g.final
  FROM figured_cycles c
  JOIN figured_goals g ON g.tenant = c.tenant AND g.cycle_id = c.cycle_id AND g.stage >= 2
  JOIN initiative_goals l ON l.tenant = g.tenant AND l.goal_id = g.goal_id
 WHERE c.tenant = $1 AND c.year = $2 AND ($3::uuid[] IS NULL OR c.school_id = ANY ($3))
 ORDER BY l.initiative_id, g.metric_code, g.kind, g.unit, g.direction
