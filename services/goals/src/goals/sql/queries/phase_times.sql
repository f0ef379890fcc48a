-- $1 tenant, $2 school year, $3 schools (null: all): the seconds that cycles spent in each phase of their model before they
-- left it (a quarter, half, three quarters, nine tenths of them at most `took`), and how many teachers these were
WITH times AS MATERIALIZED (
       SELECT p.template, p.phase, p.seconds, p.teacher_ids
         FROM phase_times p
        WHERE p.tenant = $1 AND p.year = $2 AND ($3::uuid[] IS NULL OR p.school_id = ANY ($3))),
teachers AS (
       SELECT t.template, t.phase, count(*) AS n
         FROM (SELECT DISTINCT p.template, p.phase, unnest(p.teacher_ids) AS teacher FROM times p) AS t
        GROUP BY t.template, t.phase)
SELECT p.template, p.phase, p.cycles_n, t.n AS teachers, p.took
  FROM (SELECT p.template, p.phase, count(*) AS cycles_n,
               percentile_cont(ARRAY[0.25, 0.5, 0.75, 0.9]) WITHIN GROUP (ORDER BY p.seconds) AS took
          FROM times p
         GROUP BY p.template, p.phase) AS p
  JOIN teachers t ON t.template = p.template AND t.phase = p.phase
 ORDER BY p.template, p.phase
