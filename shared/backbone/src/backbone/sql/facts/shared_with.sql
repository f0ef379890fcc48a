-- $1 tenants, $2 a reader and teachers each, as "<reader>:<teacher>,<teacher>": what lets that reader see what is theirs
-- now, by the district's own clock, shares before broken glass. Who has left the district reads nothing, and by broken
-- glass nobody who is no administrator any more.
SELECT k.tenant, k.key,
       array_agg(s.share_id ORDER BY s.why DESC, s.expires_at DESC, s.share_id) AS share_ids,
       array_agg(s.teacher_id ORDER BY s.why DESC, s.expires_at DESC, s.share_id) AS teacher_ids,
       array_agg(s.why ORDER BY s.why DESC, s.expires_at DESC, s.share_id) AS whys,
       array_agg(s.partnership_id ORDER BY s.why DESC, s.expires_at DESC, s.share_id) AS partnership_ids,
       array_agg(s.cycle_id ORDER BY s.why DESC, s.expires_at DESC, s.share_id) AS cycle_ids,
       array_agg(s.goal_id ORDER BY s.why DESC, s.expires_at DESC, s.share_id) AS goal_ids
  FROM unnest($1::uuid[], $2::text[]) AS k (tenant, key)
  LEFT JOIN districts d ON d.tenant = k.tenant
  JOIN people p ON p.tenant = k.tenant AND p.person_id = split_part(k.key, ':', 1)::uuid AND p.active
  JOIN shares s ON s.tenant = k.tenant AND s.person_id = p.person_id
   AND s.teacher_id = ANY (string_to_array(split_part(k.key, ':', 2), ',')::uuid[]) AND s.expires_at > coalesce(d.clock, now())
   AND (s.why = 'share' OR EXISTS (
            SELECT FROM roles r
             WHERE r.tenant = p.tenant AND r.person_id = p.person_id AND r.role = 'administrator' AND NOT r.withdrawn
               AND (coalesce(d.clock, now()) AT TIME ZONE coalesce(d.time_zone, 'UTC'))::date
                   BETWEEN r.begins AND coalesce(r.ends, 'infinity')))
 GROUP BY k.tenant, k.key
