-- $6: each stretch's teachers as comma-separated ids, since unnest would flatten an array of arrays
INSERT INTO held_stretches
       (tenant, source_id, coach_id, partnership_id, cycle_id, teacher_ids, type, begins, ends, position)
SELECT r.tenant, r.source_id, r.coach_id, r.partnership_id, r.cycle_id, string_to_array(r.teachers, ',')::uuid[],
       r.type, date_trunc('second', r.begins), date_trunc('second', r.begins) + r.seconds * interval '1 second',
       r.position
  FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::uuid[], $6::text[], $7::text[],
              $8::timestamptz[], $9::integer[], $10::bigint[])
       AS r (tenant, source_id, coach_id, partnership_id, cycle_id, teachers, type, begins, seconds, position)
    ON CONFLICT (tenant, source_id) DO UPDATE
   SET coach_id = excluded.coach_id, partnership_id = excluded.partnership_id, cycle_id = excluded.cycle_id,
       teacher_ids = excluded.teacher_ids, type = excluded.type, begins = excluded.begins, ends = excluded.ends,
       position = excluded.position
