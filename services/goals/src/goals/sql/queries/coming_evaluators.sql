-- $1 the world's now, $2 at most how many, $3 partitions: whoever holds the first asks for all, there are few. Agreed
-- partnerships whose coach has come to lead, by the calendar alone, a school where a teacher nobody is mapped to
-- evaluate works; `due_at` is the beginning of the day, at the district, since when both hold. Begins with the people
-- who lead and coach; what concerns a teacher is asked teacher by teacher.
SELECT p.tenant, 'coach_evaluates' AS rule, 1 AS rule_version, p.partnership_id AS cycle_id, p.coach_id,
       p.coach_id || ':' || min(since.day) AS occurrence, min(since.day)::timestamp AT TIME ZONE d.time_zone AS due_at
  FROM roles leads
  JOIN districts d ON d.tenant = leads.tenant AND NOT d.closed
  LEFT JOIN work.clocks c ON c.tenant = d.tenant
 CROSS JOIN LATERAL (SELECT (CASE WHEN d.sandbox THEN c.clock ELSE $1 END AT TIME ZONE d.time_zone)::date AS today) AS t
  JOIN partnerships p ON p.tenant = leads.tenant AND p.coach_id = leads.person_id AND p.status = 'agreed'
 CROSS JOIN unnest(p.teacher_ids) AS teachers (teacher_id)
 CROSS JOIN LATERAL (
       SELECT min(greatest(leads.begins, works.begins)) AS day
         FROM workplaces works
        WHERE works.tenant = leads.tenant AND works.person_id = teachers.teacher_id AND works.org_id = leads.org_id
          AND t.today BETWEEN works.begins AND coalesce(works.ends, 'infinity')) AS since
 CROSS JOIN LATERAL (
       SELECT count(*) AS n FROM evaluators e
        WHERE e.tenant = leads.tenant AND e.teacher_id = teachers.teacher_id) AS mapped
 WHERE 0 = ANY ($3::integer[]) AND leads.role IN ('principal', 'administrator') AND NOT leads.withdrawn
   AND t.today BETWEEN leads.begins AND coalesce(leads.ends, 'infinity') AND since.day IS NOT NULL AND mapped.n = 0
 GROUP BY p.tenant, p.partnership_id, p.coach_id, d.time_zone
 ORDER BY due_at
 LIMIT $2
