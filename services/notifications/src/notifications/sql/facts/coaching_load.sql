-- $1 tenants, $2 coaches: who is in their open cycles, each teacher once for each of these
SELECT k.tenant, k.coach_id AS key, array_agg(t.teacher_id) AS teacher_ids, array_agg(c.cycle_id) AS cycle_ids,
       array_agg(c.partnership_id) AS partnership_ids
  FROM unnest($1::uuid[], $2::uuid[]) AS k (tenant, coach_id)
  JOIN caseload c ON c.tenant = k.tenant AND c.coach_id = k.coach_id AND c.open
 CROSS JOIN LATERAL unnest(c.teacher_ids) AS t (teacher_id)
 GROUP BY k.tenant, k.coach_id
