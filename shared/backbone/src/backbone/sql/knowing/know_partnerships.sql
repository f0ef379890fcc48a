-- $4: each partnership's teachers as comma-separated ids, since unnest would flatten an array of arrays; $6 since when it
-- stands so
INSERT INTO partnerships (tenant, partnership_id, coach_id, teacher_ids, status, since)
SELECT p.tenant, p.partnership_id, p.coach_id, string_to_array(p.teachers, ',')::uuid[], p.status, p.since
  FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::timestamptz[])
       AS p (tenant, partnership_id, coach_id, teachers, status, since)
    ON CONFLICT (tenant, partnership_id) DO UPDATE
   SET coach_id = excluded.coach_id, teacher_ids = excluded.teacher_ids, status = excluded.status,
       since = excluded.since
