INSERT INTO observed
       (tenant, goal_id, measurement_id, observation_id, partnership_id, measurement, position, ordinal)
SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::uuid[], $6::text[], $7::bigint[],
                     $8::smallint[])
    ON CONFLICT DO NOTHING
