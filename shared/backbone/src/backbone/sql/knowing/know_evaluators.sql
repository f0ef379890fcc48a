INSERT INTO evaluators (tenant, teacher_id, evaluator_id)
SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[])
    ON CONFLICT DO NOTHING
