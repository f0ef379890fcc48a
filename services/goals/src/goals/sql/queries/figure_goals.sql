-- $5: each goal's owners as comma-separated ids, since unnest would flatten an array of arrays
INSERT INTO figured_goals
       (tenant, goal_id, cycle_id, focus, owner_ids, stage, metric_code, kind, unit, direction, subgroup, students,
        baseline, final, months)
SELECT r.tenant, r.goal_id, r.cycle_id, r.focus, string_to_array(r.owners, ',')::uuid[], r.stage, r.metric_code,
       r.kind, r.unit, r.direction, r.subgroup, r.students, r.baseline, r.final,
       r.months
  FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::smallint[], $7::text[], $8::text[],
              $9::text[], $10::text[], $11::text[], $12::integer[], $13::text[], $14::text[], $15::text[])
       AS r (tenant, goal_id, cycle_id, focus, owners, stage, metric_code, kind, unit, direction, subgroup, students,
             baseline, final, months)
    ON CONFLICT (tenant, goal_id) DO UPDATE
   SET stage = excluded.stage, metric_code = excluded.metric_code, kind = excluded.kind, unit = excluded.unit,
       direction = excluded.direction, subgroup = excluded.subgroup, students = excluded.students,
       baseline = excluded.baseline, final = excluded.final,
       months = excluded.months
