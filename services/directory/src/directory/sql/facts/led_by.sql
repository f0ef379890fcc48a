-- $1 tenants, $2 people: who leads, as principal or administrator, a school where a teacher works today
SELECT k.tenant, k.person_id AS key, array_agg(DISTINCT leads.person_id ORDER BY leads.person_id) AS person_ids
  FROM unnest($1::uuid[], $2::uuid[]) AS k (tenant, person_id)
  LEFT JOIN districts d ON d.tenant = k.tenant
 CROSS JOIN LATERAL (
       SELECT (coalesce(d.clock, now()) AT TIME ZONE coalesce(d.time_zone, 'UTC'))::date AS today) AS t
 CROSS JOIN LATERAL (  -- one person's (OFFSET keeps it so): joined, the view would be worked out for everybody
       SELECT works.org_id
         FROM workplaces works
        WHERE works.tenant = k.tenant AND works.person_id = k.person_id
          AND t.today BETWEEN works.begins AND coalesce(works.ends, 'infinity') OFFSET 0) AS w
  JOIN roles leads ON leads.tenant = k.tenant AND leads.org_id = w.org_id AND leads.person_id <> k.person_id
       AND leads.role IN ('principal', 'administrator') AND NOT leads.withdrawn
       AND t.today BETWEEN leads.begins AND coalesce(leads.ends, 'infinity')
  JOIN people p ON p.tenant = k.tenant AND p.person_id = leads.person_id AND p.active
 WHERE EXISTS (SELECT FROM roles r
                WHERE r.tenant = k.tenant AND r.person_id = k.person_id AND r.role = 'teacher' AND NOT r.withdrawn
                  AND t.today BETWEEN r.begins AND coalesce(r.ends, 'infinity'))
 GROUP BY k.tenant, k.person_id
