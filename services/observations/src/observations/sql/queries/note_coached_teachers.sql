INSERT INTO coached_teachers (tenant, teacher_id, started_at, began, cycle_id)
SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::bigint[], $5::uuid[])
    ON CONFLICT DO NOTHING
