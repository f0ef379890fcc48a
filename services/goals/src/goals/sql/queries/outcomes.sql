-- $1 tenant, $2 school year, $3 schools (null: all), $4 the division: focus, school, month or subgroup. Goals that were
-- set, in cycles that started in the year: one row each and one of all (`of` null)
WITH goals AS MATERIALIZED (
       SELECT CASE $4::text WHEN 'school' THEN coalesce(c.school_id::text, 'none') WHEN 'month' THEN c.month
                   WHEN 'subgroup' THEN coalesce(g.subgroup, 'none') ELSE g.focus END AS of,
              g.owner_ids, g.stage, g.students
         FROM figured_cycles c
         JOIN figured_goals g ON g.tenant = $1 AND g.cycle_id = c.cycle_id AND g.stage >= 2
        WHERE c.tenant = $1 AND c.year = $2 AND ($3::uuid[] IS NULL OR c.school_id = ANY ($3))),
theirs AS MATERIALIZED (
       SELECT DISTINCT g.of, unnest(g.owner_ids) AS teacher FROM goals g),
teachers AS (
       SELECT t.of, count(*) AS n FROM theirs t GROUP BY t.of
        UNION ALL
       SELECT NULL, count(*) FROM (SELECT DISTINCT t.teacher FROM theirs t) AS everyone)
SELECT f.*, coalesce(t.n, 0) AS teachers
  FROM (SELECT g.of, count(*) AS goals_n, count(*) FILTER (WHERE g.stage >= 4) AS achieved_n,
               sum(g.students) AS students
          FROM goals g
         GROUP BY GROUPING SETS ((g.of), ())) AS f
  LEFT JOIN teachers t ON t.of IS NOT DISTINCT FROM f.of
 ORDER BY f.of NULLS FIRST
