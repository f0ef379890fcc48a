-- How much of each checklist was met from day $2 until day $3 (the first that does not count) in time zone $4, by month and in
-- all (`month` null). `teacher_ids`: whom it is about, where these are fewer than $5. A measurement counts with the first of its
-- teachers, and is about the others too.
WITH measured AS MATERIALIZED (
       SELECT m.checklist, date_trunc('month', m.occurred_at AT TIME ZONE $4) AS month, m.met, m.total, m.teacher_ids
         FROM fidelity_measurements m
        WHERE m.tenant = $1 AND m.occurred_at >= $2::date::timestamp AT TIME ZONE $4
          AND m.occurred_at < $3::date::timestamp AT TIME ZONE $4),
taken AS MATERIALIZED (
       SELECT p.checklist, p.month, p.id, sum(p.n)::bigint AS n, sum(p.met)::bigint AS met, sum(p.total)::bigint AS total
         FROM (SELECT m.checklist, m.month, m.teacher_ids[1] AS id, 1 AS n, m.met, m.total FROM measured m
                UNION ALL
               SELECT m.checklist, m.month, t.id, 0, 0, 0
                 FROM measured m CROSS JOIN LATERAL unnest(m.teacher_ids[2:]) AS t (id)
                WHERE cardinality(m.teacher_ids) > 1) AS p
        GROUP BY p.checklist, p.month, p.id),
months AS (
       SELECT k.checklist, k.month, sum(k.n)::bigint AS measurements_n, sum(k.met)::bigint AS met,
              sum(k.total)::bigint AS total, count(*) AS teachers_n
         FROM taken k
        GROUP BY k.checklist, k.month)
SELECT s.checklist, to_char(s.month, 'YYYY-MM') AS month, s.measurements_n, s.met, s.total, s.teachers_n,
       CASE WHEN s.teachers_n < $5
            THEN ARRAY(SELECT k.id FROM taken k WHERE k.checklist = s.checklist AND k.month = s.month)
            ELSE '{}' END AS teacher_ids
  FROM months s
 UNION ALL
SELECT y.checklist, NULL, sum(y.n)::bigint, sum(y.met)::bigint, sum(y.total)::bigint, count(*), '{}'
  FROM (SELECT k.checklist, k.id, sum(k.n) AS n, sum(k.met) AS met, sum(k.total) AS total
          FROM taken k
         GROUP BY k.checklist, k.id) AS y
 GROUP BY y.checklist
 ORDER BY checklist, month NULLS FIRST
