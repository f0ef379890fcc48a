-- How much of each checklist was met in each month from day $2 until day $3 (the first that does not count) in time zone $4, and
-- about whom
WITH zone AS (
       SELECT $4::text AS name),
taken AS MATERIALIZED (
       SELECT m.checklist, to_char(m.occurred_at AT TIME ZONE zone.name, 'YYYY-MM') AS month, m.met, m.total, m.teacher_ids
         FROM zone
         JOIN fidelity_measurements m ON m.tenant = $1
              AND m.occurred_at >= $2::date::timestamp AT TIME ZONE zone.name
              AND m.occurred_at < $3::date::timestamp AT TIME ZONE zone.name),
teachers AS (
       SELECT k.checklist, k.month, array_agg(DISTINCT t.id) AS ids
         FROM taken k CROSS JOIN LATERAL unnest(k.teacher_ids) AS t (id)
        GROUP BY k.checklist, k.month)
SELECT f.*, coalesce(t.ids, '{}') AS teacher_ids
  FROM (SELECT k.checklist, k.month, count(*) AS measurements_n, sum(k.met)::bigint AS met, sum(k.total)::bigint AS total
          FROM taken k
         GROUP BY k.checklist, k.month) AS f
  LEFT JOIN teachers t ON t.checklist = f.checklist AND t.month = f.month
 ORDER BY f.checklist, f.month
