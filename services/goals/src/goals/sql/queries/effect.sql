-- $1 tenant, $2 school year, $3 schools (null: all). Of the goals that were set, in cycles that started in the year: those that
-- serve an initiative, a row each (`part` goal), with the `baseline` and `final` of an achievement that stands. And for how many
-- teachers and students there are in `all`, that serve `none`, and that are the `rest` beside an initiative: what is left of
-- all; a teacher is left unless each of their goals serves it.
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
everything AS (
       SELECT count(*) AS goals_n, count(*) FILTER (WHERE g.achieved) AS achieved_n, sum(g.students) AS students,
              count(g.students) AS told_n
         FROM goals g),
teachers AS MATERIALIZED (
       SELECT t.id, count(*) AS n FROM goals g CROSS JOIN unnest(g.owner_ids) AS t (id) GROUP BY t.id),
within AS MATERIALIZED (
       SELECT s.initiative_id, s.owner_ids, s.achieved, s.students FROM serving s
        UNION ALL
       SELECT NULL, g.owner_ids, g.achieved, g.students
         FROM goals g
        WHERE g.goal_id IN (SELECT s.goal_id FROM serving s)),
wholly AS (
       SELECT w.initiative_id, count(*) AS n
         FROM (SELECT w.initiative_id, t.id, count(*) AS n
                 FROM within w CROSS JOIN unnest(w.owner_ids) AS t (id)
                GROUP BY w.initiative_id, t.id) AS w
         JOIN teachers t ON t.id = w.id AND t.n = w.n
        GROUP BY w.initiative_id),
beside AS (
       SELECT 'all' AS part, NULL::uuid AS initiative_id, 0 AS goals_n, 0 AS achieved_n, 0 AS students, 0 AS told_n
        UNION ALL
       SELECT 'none', NULL, count(*), count(*) FILTER (WHERE w.achieved), coalesce(sum(w.students), 0), count(w.students)
         FROM within w
        WHERE w.initiative_id IS NULL
        UNION ALL
       SELECT 'rest', w.initiative_id, count(*), count(*) FILTER (WHERE w.achieved), coalesce(sum(w.students), 0),
              count(w.students)
         FROM within w
        WHERE w.initiative_id IS NOT NULL
        GROUP BY w.initiative_id)
SELECT 'goal' AS part, s.initiative_id, s.metric_code, s.kind, s.unit, s.direction, s.owner_ids, s.students, s.achieved,
       s.baseline, s.final, NULL::bigint AS goals_n, NULL::bigint AS achieved_n, NULL::bigint AS teachers
  FROM serving s
 UNION ALL
SELECT b.part, b.initiative_id, NULL, NULL, NULL, NULL, NULL, CASE WHEN e.told_n > b.told_n THEN e.students - b.students END,
       NULL, NULL, NULL, e.goals_n - b.goals_n, e.achieved_n - b.achieved_n,
       (SELECT count(*) FROM teachers) - CASE WHEN b.part = 'all' THEN 0 ELSE coalesce(w.n, 0) END
  FROM beside b
 CROSS JOIN everything e
  LEFT JOIN wholly w ON w.initiative_id IS NOT DISTINCT FROM b.initiative_id
 WHERE e.goals_n > b.goals_n
 ORDER BY part, initiative_id, metric_code, kind, unit, direction
