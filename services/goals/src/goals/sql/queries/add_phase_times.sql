-- What was left in this batch adds to what a cycle has spent in that phase already
INSERT INTO phase_times (tenant, cycle_id, phase, school_id, year, template, took)
SELECT r.tenant, r.cycle_id, r.phase, r.school_id, r.year, r.template, sum(r.took)
  FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::uuid[], $5::integer[], $6::text[], $7::interval[])
       AS r (tenant, cycle_id, phase, school_id, year, template, took)
 GROUP BY r.tenant, r.cycle_id, r.phase, r.school_id, r.year, r.template
 ORDER BY r.tenant, r.cycle_id, r.phase
    ON CONFLICT (tenant, cycle_id, phase) DO UPDATE SET took = phase_times.took + excluded.took
