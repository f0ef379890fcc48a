-- $6: each activity's teachers as comma-separated ids, since unnest would flatten an array of arrays
INSERT INTO listed_activities
       (tenant, activity_id, type, coach_id, partnership_id, teacher_ids, cycle_id, phase, status, takes_place_at,
        minutes, participants_n, reason_code, position, began)
SELECT r.tenant, r.activity_id, r.type, r.coach_id, r.partnership_id, string_to_array(r.teachers, ',')::uuid[],
       r.cycle_id, r.phase, r.status, r.takes_place_at, r.minutes, r.participants_n, r.reason_code, r.position, r.began
  FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::uuid[], $5::uuid[], $6::text[], $7::uuid[], $8::text[],
              $9::text[], $10::timestamptz[], $11::integer[], $12::integer[], $13::text[], $14::bigint[],
              $15::bigint[])
       AS r (tenant, activity_id, type, coach_id, partnership_id, teachers, cycle_id, phase, status, takes_place_at,
             minutes, participants_n, reason_code, position, began)
    ON CONFLICT (tenant, activity_id) DO UPDATE
   SET type = excluded.type, coach_id = excluded.coach_id, partnership_id = excluded.partnership_id,
       teacher_ids = excluded.teacher_ids, cycle_id = excluded.cycle_id, phase = excluded.phase,
       status = excluded.status, takes_place_at = excluded.takes_place_at, minutes = excluded.minutes,
       participants_n = excluded.participants_n, reason_code = excluded.reason_code, position = excluded.position
