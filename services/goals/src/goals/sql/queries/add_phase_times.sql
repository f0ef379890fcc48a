-- What was left in this batch adds to what a cycle has spent in that phase already. $8: the teachers who had taken part by
-- then, as comma-separated ids
INSERT INTO phase_times (tenant, cycle_id, phase, school_id, year, template, seconds, teacher_ids)
SELECT r.tenant, r.cycle_id, r.phase, r.school_id, r.year, r.template, sum(r.seconds),
       string_to_array((array_agg(r.teachers ORDER BY length(r.teachers) DESC))[1], ',')::uuid[]
  FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::uuid[], $5::integer[], $6::text[], $7::bigint[], $8::text[])
       AS r (tenant, cycle_id, phase, school_id, year, template, seconds, teachers)
 GROUP BY r.tenant, r.cycle_id, r.phase, r.school_id, r.year, r.template
 ORDER BY r.tenant, r.cycle_id, r.phase
    ON CONFLICT (tenant, cycle_id, phase) DO UPDATE
   SET seconds = phase_times.seconds + excluded.seconds, teacher_ids = excluded.teacher_ids
