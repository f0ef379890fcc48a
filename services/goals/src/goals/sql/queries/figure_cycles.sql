-- $8: each cycle's teachers as comma-separated ids, since unnest would flatten an array of arrays
INSERT INTO figured_cycles
       (tenant, cycle_id, school_id, year, month, template, focus, teacher_ids, status, follow_up, phase,
        phase_since, phase_paused, paused_at, time_zone, months)
SELECT r.tenant, r.cycle_id, r.school_id, r.year, r.month, r.template, r.focus,
       string_to_array(r.teachers, ',')::uuid[], r.status, r.follow_up, r.phase, r.phase_since, r.phase_paused,
       r.paused_at, r.time_zone, r.months
  FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::integer[], $5::text[], $6::text[], $7::text[], $8::text[],
              $9::text[], $10::text[], $11::text[], $12::timestamptz[], $13::interval[], $14::timestamptz[], $15::text[],
              $16::text[])
       AS r (tenant, cycle_id, school_id, year, month, template, focus, teachers, status, follow_up, phase, phase_since,
             phase_paused, paused_at, time_zone, months)
    ON CONFLICT (tenant, cycle_id) DO UPDATE
   SET teacher_ids = excluded.teacher_ids, status = excluded.status, follow_up = excluded.follow_up,
       phase = excluded.phase, phase_since = excluded.phase_since, phase_paused = excluded.phase_paused,
       paused_at = excluded.paused_at, months = excluded.months
