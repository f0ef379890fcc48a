-- $4 and $7: each partnership's people as comma-separated ids, since unnest would flatten an array of arrays
INSERT INTO listed_partnerships
       (tenant, partnership_id, coach_id, teacher_ids, template, status, consented, proposed_at, position, began)
SELECT r.tenant, r.partnership_id, r.coach_id, string_to_array(r.teachers, ',')::uuid[], r.template, r.status,
       string_to_array(r.consented, ',')::uuid[], r.proposed_at, r.position, r.began
  FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[],
              $8::timestamptz[], $9::bigint[], $10::bigint[])
       AS r (tenant, partnership_id, coach_id, teachers, template, status, consented, proposed_at, position, began)
    ON CONFLICT (tenant, partnership_id) DO UPDATE
   SET coach_id = excluded.coach_id, teacher_ids = excluded.teacher_ids, status = excluded.status,
       consented = excluded.consented, position = excluded.position
