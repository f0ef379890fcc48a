-- $1 tenants, $2 people: those who administer their district today; nobody else has a row
SELECT k.tenant, k.person_id AS key
  FROM unnest($1::uuid[], $2::uuid[]) AS k (tenant, person_id)
  JOIN people p ON p.tenant = k.tenant AND p.person_id = k.person_id AND p.active
  JOIN districts d ON d.tenant = k.tenant AND NOT d.closed
 CROSS JOIN LATERAL (SELECT (coalesce(d.clock, now()) AT TIME ZONE d.time_zone)::date AS today) AS t
 WHERE EXISTS (SELECT FROM held_roles r
                WHERE r.tenant = k.tenant AND r.person_id = k.person_id AND r.role = 'administrator'
                  AND t.today BETWEEN r.begins AND coalesce(r.ends, 'infinity'))
