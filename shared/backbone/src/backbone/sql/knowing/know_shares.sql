INSERT INTO shares (tenant, share_id, person_id, teacher_id, partnership_id, cycle_id, goal_id, expires_at, why)
SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::uuid[], $6::uuid[], $7::uuid[], $8::timestamptz[],
                     $9::text[])
    ON CONFLICT DO NOTHING
