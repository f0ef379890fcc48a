-- $6: each goal's owners as comma-separated ids, since unnest would flatten an array of arrays
INSERT INTO board_goals
       (tenant, goal_id, cycle_id, partnership_id, coach_id, owner_ids, focus, status, metric_code, direction,
        target, tolerance, due_on, required_consecutive, goal_version, drafted_at, position, began)
SELECT r.tenant, r.goal_id, r.cycle_id, r.partnership_id, r.coach_id, string_to_array(r.owners, ',')::uuid[],
       r.focus, r.status, r.metric_code, r.direction, r.target, r.tolerance, r.due_on, r.required_consecutive,
       r.goal_version, r.drafted_at, r.position, r.began
  FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::uuid[], $6::text[], $7::text[], $8::text[],
              $9::text[], $10::text[], $11::text[], $12::text[], $13::date[], $14::integer[], $15::integer[],
              $16::timestamptz[], $17::bigint[], $18::bigint[])
       AS r (tenant, goal_id, cycle_id, partnership_id, coach_id, owners, focus, status, metric_code, direction,
             target, tolerance, due_on, required_consecutive, goal_version, drafted_at, position, began)
    ON CONFLICT (tenant, goal_id) DO UPDATE
   SET status = excluded.status, metric_code = excluded.metric_code, direction = excluded.direction,
       target = excluded.target, tolerance = excluded.tolerance, due_on = excluded.due_on,
       required_consecutive = excluded.required_consecutive, goal_version = excluded.goal_version,
       position = excluded.position
