-- $1 tenants, $2 people: the agreed partnerships of theirs in which the coach evaluates a teacher, each with that coach and the
-- first and the last day of it: for good where it is mapped, or, where nobody is mapped, while they are principal or
-- administrator of a school where the teacher works. Of one partnership there may be several
SELECT k.tenant, k.person_id AS key, d.time_zone, array_agg(p.partnership_id ORDER BY p.partnership_id, e.since, e.until)
           AS partnership_ids,
       array_agg(p.coach_id ORDER BY p.partnership_id, e.since, e.until) AS coach_ids,
       array_agg(e.since ORDER BY p.partnership_id, e.since, e.until) AS sinces,
       array_agg(e.until ORDER BY p.partnership_id, e.since, e.until) AS untils
  FROM unnest($1::uuid[], $2::uuid[]) AS k (tenant, person_id)
  LEFT JOIN districts d ON d.tenant = k.tenant
 CROSS JOIN LATERAL (
       SELECT p.partnership_id, p.coach_id, p.teacher_ids
         FROM partnerships p
        WHERE p.tenant = k.tenant AND p.coach_id = k.person_id AND p.status = 'agreed'
        UNION
       SELECT p.partnership_id, p.coach_id, p.teacher_ids
         FROM partnership_teachers t
         JOIN partnerships p ON p.tenant = t.tenant AND p.partnership_id = t.partnership_id AND p.status = 'agreed'
        WHERE t.tenant = k.tenant AND t.person_id = k.person_id) AS p
 CROSS JOIN unnest(p.teacher_ids) AS teachers (teacher_id)
 CROSS JOIN LATERAL (
       SELECT count(*) AS evaluators, count(*) FILTER (WHERE e.evaluator_id = p.coach_id) AS coaches
         FROM evaluators e
        WHERE e.tenant = k.tenant AND e.teacher_id = teachers.teacher_id) AS mapped
 CROSS JOIN LATERAL (
       SELECT date '-infinity' AS since, date 'infinity' AS until WHERE mapped.coaches > 0
        UNION
       SELECT greatest(leads.begins, works.begins),
              least(coalesce(leads.ends, 'infinity'), coalesce(works.ends, 'infinity'))
         FROM roles leads
         JOIN workplaces works ON works.tenant = leads.tenant AND works.org_id = leads.org_id
        WHERE mapped.evaluators = 0 AND leads.tenant = k.tenant AND leads.person_id = p.coach_id
          AND leads.role IN ('principal', 'administrator') AND NOT leads.withdrawn
          AND works.person_id = teachers.teacher_id) AS e
 GROUP BY k.tenant, k.person_id, d.time_zone
