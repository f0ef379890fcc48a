INSERT INTO listed_break_glass
       (tenant, break_glass_id, teacher_id, requested_by, cycle_id, goal_id, reason_ref, requested_at, status, settled_by,
        settled_at, expires_at, position, began)
SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::uuid[], $6::uuid[], $7::uuid[], $8::timestamptz[],
                     $9::text[], $10::uuid[], $11::timestamptz[], $12::timestamptz[], $13::bigint[], $14::bigint[])
    ON CONFLICT (tenant, break_glass_id) DO UPDATE
   SET status = excluded.status, settled_by = excluded.settled_by, settled_at = excluded.settled_at,
       expires_at = excluded.expires_at, position = excluded.position
