-- One entry an aggregate, $6 a cycle's teachers comma-separated, since unnest would flatten an array of arrays.
INSERT INTO watched (tenant, kind, own_id, watch_id, partnership_id, teacher_ids, told)
SELECT n.tenant, n.kind, n.own_id, n.watch_id, n.partnership_id, string_to_array(n.teachers, ',')::uuid[], n.told
  FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::uuid[], $5::uuid[], $6::text[], $7::text[])
       AS n (tenant, kind, own_id, watch_id, partnership_id, teachers, told)
    ON CONFLICT (tenant, kind, own_id) DO UPDATE
   SET watch_id = excluded.watch_id, teacher_ids = excluded.teacher_ids, told = excluded.told
