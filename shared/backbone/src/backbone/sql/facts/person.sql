-- $1 tenants, $2 people: which roles they hold today, at which organisations (`school_ids`) and which of these they
-- lead, where they work (see `workplaces`), and who evaluates them.
-- A role counts from its first day to its last, by the district's own clock and calendar.
SELECT p.tenant, p.person_id AS key, p.active,
       coalesce(r.roles, '{}') AS roles, coalesce(r.orgs, '{}') AS school_ids,
       coalesce(r.led, '{}') AS led_ids,
       coalesce((SELECT array_agg(DISTINCT w.org_id) FROM workplaces w
                  WHERE w.tenant = p.tenant AND w.person_id = p.person_id
                    AND t.today BETWEEN w.begins AND coalesce(w.ends, 'infinity')), '{}') AS workplace_ids,
       coalesce((SELECT array_agg(v.evaluator_id) FROM evaluators v
                  WHERE v.tenant = p.tenant AND v.teacher_id = p.person_id), '{}') AS evaluated_by
  FROM unnest($1::uuid[], $2::uuid[]) AS k (tenant, person_id)
  JOIN people p ON p.tenant = k.tenant AND p.person_id = k.person_id
  LEFT JOIN districts d ON d.tenant = p.tenant
 CROSS JOIN LATERAL (
       SELECT (coalesce(d.clock, now()) AT TIME ZONE coalesce(d.time_zone, 'UTC'))::date AS today) AS t
  LEFT JOIN LATERAL (
       SELECT array_agg(DISTINCT r.role ORDER BY r.role) AS roles, array_agg(DISTINCT r.org_id) AS orgs,
              array_agg(DISTINCT r.org_id) FILTER (WHERE r.role IN ('principal', 'administrator')) AS led
         FROM held_roles r
        WHERE r.tenant = p.tenant AND r.person_id = p.person_id
          AND t.today BETWEEN r.begins AND coalesce(r.ends, 'infinity')) AS r ON true
