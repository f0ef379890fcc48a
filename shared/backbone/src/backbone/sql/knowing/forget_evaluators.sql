DELETE FROM evaluators v
 USING unnest($1::uuid[], $2::uuid[], $3::uuid[]) AS gone (tenant, teacher_id, evaluator_id)
 WHERE v.tenant = gone.tenant AND v.teacher_id = gone.teacher_id AND v.evaluator_id = gone.evaluator_id
