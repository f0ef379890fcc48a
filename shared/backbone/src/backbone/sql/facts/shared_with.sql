-- $1 tenants, $2 a reader and teachers each, as "<reader>:<teacher>,<teacher>": what lets that reader see what is theirs
-- now, shares before broken glass
SELECT k.tenant, k.key,
       array_agg(s.share_id ORDER BY s.why DESC, s.expires_at DESC, s.share_id) AS share_ids,
       array_agg(s.teacher_id ORDER BY s.why DESC, s.expires_at DESC, s.share_id) AS teacher_ids,
       array_agg(s.why ORDER BY s.why DESC, s.expires_at DESC, s.share_id) AS whys,
       array_agg(s.partnership_id ORDER BY s.why DESC, s.expires_at DESC, s.share_id) AS partnership_ids,
       array_agg(s.cycle_id ORDER BY s.why DESC, s.expires_at DESC, s.share_id) AS cycle_ids,
       array_agg(s.goal_id ORDER BY s.why DESC, s.expires_at DESC, s.share_id) AS goal_ids
  FROM unnest($1::uuid[], $2::text[]) AS k (tenant, key)
  JOIN open_shares s ON s.tenant = k.tenant AND s.person_id = split_part(k.key, ':', 1)::uuid
   AND s.teacher_id = ANY (string_to_array(split_part(k.key, ':', 2), ',')::uuid[])
 GROUP BY k.tenant, k.key
