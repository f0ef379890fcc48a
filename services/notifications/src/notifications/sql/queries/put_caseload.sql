-- One entry a cycle, $5 its teachers comma-separated
INSERT INTO caseload (tenant, cycle_id, partnership_id, coach_id, teacher_ids, band, focus, phase, time_zone, started_at,
                      began, open, paused, visited_at, trends)
SELECT n.tenant, n.cycle_id, n.partnership_id, n.coach_id, string_to_array(n.teachers, ',')::uuid[], n.band, n.focus,
       n.phase, n.time_zone, n.started_at, n.began, n.open, n.paused, n.visited_at, n.trends
  FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[],
              $10::timestamptz[], $11::bigint[], $12::boolean[], $13::boolean[], $14::timestamptz[], $15::text[])
       AS n (tenant, cycle_id, partnership_id, coach_id, teachers, band, focus, phase, time_zone, started_at, began, open,
             paused, visited_at, trends)
    ON CONFLICT (tenant, cycle_id) DO UPDATE
   SET coach_id = excluded.coach_id, teacher_ids = excluded.teacher_ids, band = excluded.band, phase = excluded.phase,
       open = excluded.open, paused = excluded.paused, visited_at = excluded.visited_at, trends = excluded.trends
