-- $1 tenant, $2 school year, $3 schools (null: all). Of the goals that were set, in cycles that started in the year: those that
-- serve an initiative, a row each (`part` goal), with the `baseline` and `final` of an achievement that stands. And for how many
-- teachers and students there are in all, that serve none, and that are the `rest` beside an initiative.
WITH goals AS MATERIALIZED (
       SELECT g.goal_id, g.metric_code, g.kind, g.unit, g.direction, g.owner_ids, g.students, g.stage >= 4 AS achieved,
              g.baseline, g.final
         FROM figured_cycles c
         JOIN figured_goals g ON g.tenant = $1 AND g.cycle_id = c.cycle_id AND g.stage >= 2
        WHERE c.tenant = $1 AND c.year = $2 AND ($3::uuid[] IS NULL OR c.school_id = ANY ($3))),
serving AS MATERIALIZED (
       SELECT l.initiative_id, g.*
         FROM goals g
         JOIN initiative_goals l ON l.tenant = $1 AND l.goal_id = g.goal_id),
beside AS MATERIALIZED (
       SELECT 'all' AS part, NULL::uuid AS initiative_id, g.achieved, g.students, g.owner_ids FROM goals g
        UNION ALL
       SELECT 'none', NULL, g.achieved, g.students, g.owner_ids
         FROM goals g
        WHERE NOT EXISTS (SELECT FROM serving s WHERE s.goal_id = g.goal_id)
        UNION ALL
       SELECT 'rest', i.initiative_id, g.achieved, g.students, g.owner_ids
         FROM (SELECT DISTINCT s.initiative_id FROM serving s) AS i
        CROSS JOIN goals g
        WHERE NOT EXISTS (SELECT FROM serving s WHERE s.initiative_id = i.initiative_id AND s.goal_id = g.goal_id)),
teachers AS (
       SELECT b.part, b.initiative_id, count(DISTINCT t.id) AS n
         FROM beside b CROSS JOIN unnest(b.owner_ids) AS t (id)
        GROUP BY b.part, b.initiative_id)
SELECT 'goal' AS part, s.initiative_id, s.metric_code, s.kind, s.unit, s.direction, s.owner_ids, s.students, s.achieved,
       s.baseline, s.final, NULL::bigint AS goals_n, NULL::bigint AS achieved_n, NULL::bigint AS teachers
  FROM serving s
 UNION ALL
SELECT f.part, f.initiative_id, NULL, NULL, NULL, NULL, NULL, f.students, NULL, NULL, NULL, f.goals_n, f.achieved_n, t.n
  FROM (SELECT b.part, b.initiative_id, count(*) AS goals_n, count(*) FILTER (WHERE b.achieved) AS achieved_n,
               sum(b.students) AS students
          FROM beside b
         GROUP BY b.part, b.initiative_id) AS f
  JOIN teachers t ON t.part = f.part AND t.initiative_id IS NOT DISTINCT FROM f.initiative_id
 ORDER BY part, initiative_id, metric_code, kind, unit, direction
