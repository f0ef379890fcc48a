-- $1 tenants, $2 people: the agreed partnerships of theirs in which the coach evaluates a teacher today, each with that
-- coach: as mapped, or, where nobody is mapped, as principal or administrator of a school where the teacher works
SELECT e.tenant, e.person_id AS key, array_agg(e.partnership_id ORDER BY e.partnership_id) AS partnership_ids,
       array_agg(e.coach_id ORDER BY e.partnership_id) AS coach_ids
  FROM (
SELECT DISTINCT k.tenant, k.person_id, p.partnership_id, p.coach_id
  FROM unnest($1::uuid[], $2::uuid[]) AS k (tenant, person_id)
  JOIN partnerships p ON p.tenant = k.tenant AND p.status = 'agreed'
       AND (p.coach_id = k.person_id OR k.person_id = ANY (p.teacher_ids))
  LEFT JOIN districts d ON d.tenant = k.tenant
 CROSS JOIN LATERAL (
       SELECT (coalesce(d.clock, now()) AT TIME ZONE coalesce(d.time_zone, 'UTC'))::date AS today) AS t
 CROSS JOIN unnest(p.teacher_ids) AS teachers (teacher_id)
 CROSS JOIN LATERAL (
       SELECT count(*) AS evaluators, count(*) FILTER (WHERE e.evaluator_id = p.coach_id) AS coaches
         FROM evaluators e
        WHERE e.tenant = p.tenant AND e.teacher_id = teachers.teacher_id) AS mapped
 WHERE mapped.coaches > 0
    OR mapped.evaluators = 0 AND EXISTS (
       SELECT FROM roles leads
         JOIN workplaces works ON works.tenant = leads.tenant AND works.org_id = leads.org_id
        WHERE leads.tenant = p.tenant AND leads.person_id = p.coach_id AND leads.role IN ('principal', 'administrator')
          AND works.person_id = teachers.teacher_id
          AND NOT leads.withdrawn AND t.today BETWEEN leads.begins AND coalesce(leads.ends, 'infinity')
          AND t.today BETWEEN works.begins AND coalesce(works.ends, 'infinity'))
       ) AS e
 GROUP BY e.tenant, e.person_id
