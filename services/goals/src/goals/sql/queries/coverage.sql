-- $1 tenant, $2 today in the district. Of each school, how many teach there today and how many of
-- them are in a partnership that is agreed; and of all (`of` null). Who teaches in a department teaches at its school.
WITH coached AS MATERIALIZED (
       SELECT DISTINCT t.id
         FROM partnerships p CROSS JOIN LATERAL unnest(p.teacher_ids) AS t (id)
        WHERE p.tenant = $1 AND p.status = 'agreed'),
staff AS (
       SELECT DISTINCT coalesce(s.org_id, o.org_id) AS school_id, r.person_id
         FROM roles r
         JOIN people p ON p.tenant = r.tenant AND p.person_id = r.person_id AND p.active
         JOIN orgs o ON o.tenant = r.tenant AND o.org_id = r.org_id AND o.type <> 'district'
         LEFT JOIN orgs s ON s.tenant = o.tenant AND s.type = 'school'
              AND s.org_id = CASE WHEN o.type = 'department' THEN o.parent_id END
        WHERE r.tenant = $1 AND r.role = 'teacher' AND NOT r.withdrawn
          AND $2::date BETWEEN r.begins AND coalesce(r.ends, 'infinity'))
SELECT s.school_id::text AS of, count(DISTINCT s.person_id) AS teachers_n,
       count(DISTINCT s.person_id) FILTER (WHERE s.person_id IN (SELECT id FROM coached)) AS coached_n
  FROM staff s
 GROUP BY GROUPING SETS ((s.school_id), ())
 ORDER BY s.school_id NULLS FIRST
