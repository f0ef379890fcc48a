-- $1 tenants, $2 the same again: who leads coaching in a district today, by its own clock
SELECT k.tenant, k.tenant AS key, array_agg(DISTINCT r.person_id ORDER BY r.person_id) AS person_ids
  FROM unnest($1::uuid[], $2::uuid[]) AS k (tenant, _)
  JOIN roles r ON r.tenant = k.tenant AND r.role = 'coaching_lead' AND NOT r.withdrawn
  JOIN people p ON p.tenant = r.tenant AND p.person_id = r.person_id AND p.active
  LEFT JOIN districts d ON d.tenant = k.tenant
 WHERE (coalesce(d.clock, now()) AT TIME ZONE coalesce(d.time_zone, 'UTC'))::date
       BETWEEN r.begins AND coalesce(r.ends, 'infinity')
 GROUP BY k.tenant
