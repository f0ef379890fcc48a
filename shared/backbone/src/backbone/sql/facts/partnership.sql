-- $1 tenants, $2 partnerships: who coaches is the coach of an agreed one, never whom an older event named; while one
-- is `handed_over` nobody does, and coach_id is the coach to come
SELECT p.tenant, p.partnership_id AS key, p.coach_id, p.teacher_ids, p.status
  FROM unnest($1::uuid[], $2::uuid[]) AS k (tenant, partnership_id)
  JOIN partnerships p ON p.tenant = k.tenant AND p.partnership_id = k.partnership_id
