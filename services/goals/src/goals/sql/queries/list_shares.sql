-- $7: each share's audience as comma-separated ids, since unnest would flatten an array of arrays
INSERT INTO listed_shares (tenant, share_id, partnership_id, teacher_id, cycle_id, goal_id, audience, granted_at, expires_at,
                           revoked, began, position)
SELECT r.tenant, r.share_id, r.partnership_id, r.teacher_id, r.cycle_id, r.goal_id, string_to_array(r.audience, ',')::uuid[],
       r.granted_at, r.expires_at, false, r.began, r.began
  FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::uuid[], $6::uuid[], $7::text[], $8::timestamptz[],
              $9::timestamptz[], $10::bigint[])
       AS r (tenant, share_id, partnership_id, teacher_id, cycle_id, goal_id, audience, granted_at, expires_at, began)
    ON CONFLICT DO NOTHING
