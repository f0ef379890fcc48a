-- $1 tenant, $2 school year, $3 schools (null: all): the days that cycles spent in each phase of their model before they
-- left it (a quarter, half, three quarters, nine tenths of them at most `days`), and how many teachers these were
WITH times AS MATERIALIZED (
       SELECT p.template, p.phase, (extract(epoch FROM p.took) / 86400)::float AS days, c.teacher_ids
         FROM phase_times p
         JOIN figured_cycles c ON c.tenant = p.tenant AND c.cycle_id = p.cycle_id
        WHERE p.tenant = $1 AND p.year = $2 AND ($3::uuid[] IS NULL OR p.school_id = ANY ($3))),
teachers AS (
       SELECT p.template, p.phase, count(DISTINCT t.id) AS n
         FROM times p CROSS JOIN LATERAL unnest(p.teacher_ids) AS t (id)
        GROUP BY p.template, p.phase)
SELECT p.template, p.phase, p.cycles_n, t.n AS teachers, p.days
  FROM (SELECT p.template, p.phase, count(*) AS cycles_n,
               percentile_cont(ARRAY[0.25, 0.5, 0.75, 0.9]) WITHIN GROUP (ORDER BY p.days) AS days
          FROM times p
         GROUP BY p.template, p.phase) AS p
  JOIN teachers t ON t.template = p.template AND t.phase = p.phase
 ORDER BY p.template, p.phase
