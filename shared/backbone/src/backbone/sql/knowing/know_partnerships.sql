-- $4: each partnership's teachers as comma-separated ids, since unnest would flatten an array of arrays
INSERT INTO partnerships (tenant, partnership_id, coach_id, teacher_ids, status)
SELECT p.tenant, p.partnership_id, p.coach_id, string_to_array(p.teachers, ',')::uuid[], p.status
  FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[])
       AS p (tenant, partnership_id, coach_id, teachers, status)
    ON CONFLICT (tenant, partnership_id) DO UPDATE
   SET coach_id = excluded.coach_id, teacher_ids = excluded.teacher_ids, status = excluded.status
