INSERT INTO listed_steps
       (tenant, step_id, cycle_id, partnership_id, teacher_id, goal_id, strategy_code, checklist, check_back_on,
        offered_by, status, practised_n, offered_at, changed_at, position, began)
SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::uuid[], $6::uuid[], $7::text[], $8::text[],
                     $9::date[], $10::uuid[], $11::text[], $12::integer[], $13::timestamptz[], $14::timestamptz[],
                     $15::bigint[], $16::bigint[])
    ON CONFLICT (tenant, step_id) DO UPDATE
   SET status = excluded.status, practised_n = excluded.practised_n, changed_at = excluded.changed_at,
       position = excluded.position
