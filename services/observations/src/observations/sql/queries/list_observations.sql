-- $5: each observation's teachers as comma-separated ids, since unnest would flatten an array of arrays
INSERT INTO listed_observations
       (tenant, observation_id, partnership_id, coach_id, teacher_ids, cycle_id, status, takes_place_at,
        duration_s, mode, instrument, measurements_n, shared_at, acknowledged_at, position, began)
SELECT r.tenant, r.observation_id, r.partnership_id, r.coach_id, string_to_array(r.teachers, ',')::uuid[],
       r.cycle_id, r.status, r.takes_place_at, r.duration_s, r.mode, r.instrument, r.measurements_n, r.shared_at,
       r.acknowledged_at, r.position, r.began
  FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::uuid[], $7::text[],
              $8::timestamptz[], $9::integer[], $10::text[], $11::text[], $12::integer[], $13::timestamptz[],
              $14::timestamptz[], $15::bigint[], $16::bigint[])
       AS r (tenant, observation_id, partnership_id, coach_id, teachers, cycle_id, status, takes_place_at,
             duration_s, mode, instrument, measurements_n, shared_at, acknowledged_at, position, began)
    ON CONFLICT (tenant, observation_id) DO UPDATE
   SET partnership_id = excluded.partnership_id, coach_id = excluded.coach_id, teacher_ids = excluded.teacher_ids,
       cycle_id = excluded.cycle_id, status = excluded.status, takes_place_at = excluded.takes_place_at,
       duration_s = excluded.duration_s, mode = excluded.mode, instrument = excluded.instrument,
       measurements_n = excluded.measurements_n, shared_at = excluded.shared_at,
       acknowledged_at = excluded.acknowledged_at, position = excluded.position
