INSERT INTO listed_steps
       (tenant, step_id, cycle_id, partnership_id, teacher_id, goal_id, strategy_code, checklist, check_back_on,
        offered_by, answer, status, practised_n, offered_at, changed_at, position, began)
SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::uuid[], $6::uuid[], $7::text[], $8::text[],
                     $9::date[], $10::uuid[], $11::text[], $12::text[], $13::integer[], $14::timestamptz[],
                     $15::timestamptz[], $16::bigint[], $17::bigint[])
    ON CONFLICT (tenant, step_id) DO UPDATE
   SET answer = excluded.answer, status = excluded.status, practised_n = excluded.practised_n, changed_at = excluded.changed_at,
       position = excluded.position
