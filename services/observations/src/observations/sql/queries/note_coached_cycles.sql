-- $5 and $6: each cycle's teachers as comma-separated ids, since unnest would flatten an array of arrays; so $8, its phases
INSERT INTO coached_cycles
       (tenant, cycle_id, partnership_id, coach_id, teacher_ids, left_ids, focus, phases, planned_weeks, cadence_days,
        time_zone, started_at, ended_at, pauses, position, began)
SELECT r.tenant, r.cycle_id, r.partnership_id, r.coach_id, string_to_array(r.teachers, ',')::uuid[],
       string_to_array(r.gone, ',')::uuid[], r.focus, string_to_array(r.phases, ','), r.planned_weeks, r.cadence_days,
       r.time_zone, r.started_at, r.ended_at, r.pauses, r.position, r.began
  FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::text[], $8::text[],
              $9::integer[], $10::integer[], $11::text[], $12::timestamptz[], $13::timestamptz[], $14::jsonb[],
              $15::bigint[], $16::bigint[])
       AS r (tenant, cycle_id, partnership_id, coach_id, teachers, gone, focus, phases, planned_weeks, cadence_days,
             time_zone, started_at, ended_at, pauses, position, began)
    ON CONFLICT (tenant, cycle_id) DO UPDATE
   SET teacher_ids = excluded.teacher_ids, left_ids = excluded.left_ids, ended_at = excluded.ended_at,
       pauses = excluded.pauses, position = excluded.position
