-- $1 tenant: who coaches open cycles now, how many, and how many different teachers
SELECT c.coach_id, count(DISTINCT c.cycle_id) AS cycles_n, count(DISTINCT t.teacher_id) AS teachers_n
  FROM caseload c
 CROSS JOIN LATERAL unnest(c.teacher_ids) AS t (teacher_id)
 WHERE c.tenant = $1 AND c.open AND c.coach_id IS NOT NULL
 GROUP BY c.coach_id
 ORDER BY count(DISTINCT t.teacher_id) DESC, c.coach_id
