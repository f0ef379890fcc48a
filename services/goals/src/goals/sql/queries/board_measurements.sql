INSERT INTO board_measurements
       (tenant, goal_id, measurement_id, occurred_at, position, ordinal, quotient, is_baseline)
SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::timestamptz[], $5::bigint[], $6::integer[],
                     $7::text[], $8::boolean[])
    ON CONFLICT DO NOTHING
