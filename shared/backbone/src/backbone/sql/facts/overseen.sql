-- $1 tenants, $2 people: whose activity those who lead may know of today. Who administers the district, and
-- coaching leads: everyone's; principals, and who administers a school: that of whoever works at a school of theirs, in
-- its departments too. Nobody else has a row.
SELECT k.tenant, k.person_id AS key,
       bool_or(mine.role <> 'principal') AS everyone,
       coalesce(array_agg(DISTINCT theirs.person_id) FILTER (WHERE theirs.person_id IS NOT NULL), '{}') AS person_ids
  FROM unnest($1::uuid[], $2::uuid[]) AS k (tenant, person_id)
  JOIN people p ON p.tenant = k.tenant AND p.person_id = k.person_id AND p.active
  LEFT JOIN districts d ON d.tenant = k.tenant
 CROSS JOIN LATERAL (
       SELECT (coalesce(d.clock, now()) AT TIME ZONE coalesce(d.time_zone, 'UTC'))::date AS today) AS t
  JOIN held_roles mine ON mine.tenant = k.tenant AND mine.person_id = k.person_id
       AND mine.role IN ('principal', 'administrator', 'coaching_lead')
       AND t.today BETWEEN mine.begins AND coalesce(mine.ends, 'infinity')
  LEFT JOIN LATERAL (  -- a school at a time (OFFSET keeps it so): joined, the view would be worked out for everybody
       SELECT w.person_id
         FROM workplaces w
        WHERE w.tenant = mine.tenant AND w.org_id = mine.org_id
          AND t.today BETWEEN w.begins AND coalesce(w.ends, 'infinity') OFFSET 0) AS theirs ON mine.role = 'principal'
 GROUP BY k.tenant, k.person_id
