-- $1 tenants, $2 people: who they are today, and who evaluates them
SELECT p.tenant, p.person_id AS key, p.active,
       coalesce((SELECT array_agg(DISTINCT r.role ORDER BY r.role) FROM roles r
                  WHERE r.tenant = p.tenant AND r.person_id = p.person_id AND NOT r.withdrawn), '{}') AS roles,
       coalesce((SELECT array_agg(DISTINCT r.org_id) FROM roles r
                  WHERE r.tenant = p.tenant AND r.person_id = p.person_id AND NOT r.withdrawn), '{}') AS school_ids,
       coalesce((SELECT array_agg(v.evaluator_id) FROM evaluators v
                  WHERE v.tenant = p.tenant AND v.teacher_id = p.person_id), '{}') AS evaluated_by
  FROM unnest($1::uuid[], $2::uuid[]) AS k (tenant, person_id)
  JOIN people p ON p.tenant = k.tenant AND p.person_id = k.person_id
