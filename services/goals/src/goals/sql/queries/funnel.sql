-- $1 tenant, $2 school year, $3 schools (null: all), $4 the division: template, school or month. One row each and one of
-- all (`of` null); `teachers` are those who take part in it
WITH cycles AS MATERIALIZED (
       SELECT CASE $4::text WHEN 'school' THEN coalesce(c.school_id::text, 'none') WHEN 'month' THEN c.month
                   ELSE c.template END AS of,
              c.teacher_ids, c.status, c.follow_up, coalesce(g.stage, 0) AS stage
         FROM figured_cycles c
         LEFT JOIN LATERAL (
              SELECT max(g.stage) AS stage FROM figured_goals g
               WHERE g.tenant = c.tenant AND g.cycle_id = c.cycle_id) AS g ON true
        WHERE c.tenant = $1 AND c.year = $2 AND ($3::uuid[] IS NULL OR c.school_id = ANY ($3))),
teachers AS (
       SELECT c.of, count(DISTINCT t.id) AS n
         FROM cycles c CROSS JOIN LATERAL unnest(c.teacher_ids) AS t (id)
        GROUP BY GROUPING SETS ((c.of), ()))
SELECT f.*, coalesce(t.n, 0) AS teachers
  FROM (SELECT c.of, count(*) AS started, count(*) FILTER (WHERE c.stage >= 1) AS baselined,
               count(*) FILTER (WHERE c.stage >= 2) AS goal_set, count(*) FILTER (WHERE c.stage >= 3) AS target_met,
               count(*) FILTER (WHERE c.stage >= 4) AS achieved, count(*) FILTER (WHERE c.status <> 'open') AS closed,
               count(*) FILTER (WHERE c.follow_up = 'sustained') AS sustained
          FROM cycles c
         GROUP BY GROUPING SETS ((c.of), ())) AS f
  LEFT JOIN teachers t ON t.of IS NOT DISTINCT FROM f.of
 ORDER BY f.of NULLS FIRST
