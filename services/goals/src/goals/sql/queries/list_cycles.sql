-- $5: each cycle's teachers as comma-separated ids, since unnest would flatten an array of arrays
INSERT INTO listed_cycles
       (tenant, cycle_id, partnership_id, coach_id, teacher_ids, focus, template, phase, status, follow_up,
        planned_weeks, cadence_days, started_at, ended_at, position, began)
SELECT r.tenant, r.cycle_id, r.partnership_id, r.coach_id, string_to_array(r.teachers, ',')::uuid[], r.focus,
       r.template, r.phase, r.status, r.follow_up, r.planned_weeks, r.cadence_days, r.started_at, r.ended_at,
       r.position, r.began
  FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::text[], $8::text[],
              $9::text[], $10::text[], $11::integer[], $12::integer[], $13::timestamptz[], $14::timestamptz[],
              $15::bigint[], $16::bigint[])
       AS r (tenant, cycle_id, partnership_id, coach_id, teachers, focus, template, phase, status, follow_up,
             planned_weeks, cadence_days, started_at, ended_at, position, began)
    ON CONFLICT (tenant, cycle_id) DO UPDATE
   SET teacher_ids = excluded.teacher_ids, phase = excluded.phase, status = excluded.status,
       follow_up = excluded.follow_up, ended_at = excluded.ended_at, position = excluded.position
