-- $1 tenant, $2 school year, $3 schools (null: all), $4 the division: template, school or month. One row each and one of
-- all (`of` null); `teachers` are those who take part in it
WITH cycles AS MATERIALIZED (
       SELECT CASE $4::text WHEN 'school' THEN coalesce(c.school_id::text, 'none') WHEN 'month' THEN c.month
                   ELSE c.template END AS of,
              c.teacher_ids, c.status, c.follow_up, coalesce(max(g.stage), 0) AS stage
         FROM figured_cycles c
         LEFT JOIN figured_goals g ON g.tenant = $1 AND g.cycle_id = c.cycle_id
        WHERE c.tenant = $1 AND c.year = $2 AND ($3::uuid[] IS NULL OR c.school_id = ANY ($3))
        GROUP BY c.tenant, c.cycle_id),
theirs AS MATERIALIZED (
       SELECT DISTINCT c.of, unnest(c.teacher_ids) AS teacher FROM cycles c),
teachers AS (
       SELECT t.of, count(*) AS n FROM theirs t GROUP BY t.of
        UNION ALL
       SELECT NULL, count(*) FROM (SELECT DISTINCT t.teacher FROM theirs t) AS everyone)
SELECT f.*, coalesce(t.n, 0) AS teachers
  FROM (SELECT c.of, count(*) AS started, count(*) FILTER (WHERE c.stage >= 1) AS baselined,
               count(*) FILTER (WHERE c.stage >= 2) AS goal_set, count(*) FILTER (WHERE c.stage >= 3) AS target_met,
               count(*) FILTER (WHERE c.stage >= 4) AS achieved, count(*) FILTER (WHERE c.status <> 'open') AS closed,
               count(*) FILTER (WHERE c.follow_up = 'sustained') AS sustained
          FROM cycles c
         GROUP BY GROUPING SETS ((c.of), ())) AS f
  LEFT JOIN teachers t ON t.of IS NOT DISTINCT FROM f.of
 ORDER BY f.of NULLS FIRST
