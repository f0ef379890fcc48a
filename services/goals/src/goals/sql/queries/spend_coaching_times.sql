-- $7: the teachers of each as comma-separated ids, since unnest would flatten an array of arrays
INSERT INTO coaching_times
       (tenant, time_id, type, status, coach_id, cycle_id, teacher_ids, began_at, ended_at, mode, instrument, shared_at,
        acknowledged_at)
SELECT r.tenant, r.time_id, r.type, r.status, r.coach_id, r.cycle_id, string_to_array(r.teachers, ',')::uuid[],
       r.began_at, r.ended_at, r.mode, r.instrument, r.shared_at, r.acknowledged_at
  FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::uuid[], $6::uuid[], $7::text[], $8::timestamptz[],
              $9::timestamptz[], $10::text[], $11::text[], $12::timestamptz[], $13::timestamptz[])
       AS r (tenant, time_id, type, status, coach_id, cycle_id, teachers, began_at, ended_at, mode, instrument,
             shared_at, acknowledged_at)
    ON CONFLICT (tenant, time_id) DO UPDATE
   SET type = excluded.type, status = excluded.status, coach_id = excluded.coach_id, cycle_id = excluded.cycle_id,
       teacher_ids = excluded.teacher_ids, began_at = excluded.began_at, ended_at = excluded.ended_at,
       mode = excluded.mode, instrument = excluded.instrument, shared_at = excluded.shared_at,
       acknowledged_at = excluded.acknowledged_at
