-- A page of the observations that are $5's own, of one partnership ($6), of one cycle ($7), or of all: those
-- of one's own teaching always, a coach's while the partnership lives
SELECT l.observation_id AS id, l.takes_place_at AS at, l.began, l.position, o.coaching, l.partnership_id, l.coach_id,
       l.teacher_ids, l.cycle_id, l.status, l.duration_s, l.mode, l.instrument, l.measurements_n, l.shared_at,
       l.acknowledged_at
  FROM observed_people o
  JOIN listed_observations l ON l.tenant = o.tenant AND l.observation_id = o.observation_id
  LEFT JOIN partnerships p ON p.tenant = l.tenant AND p.partnership_id = l.partnership_id
 WHERE o.tenant = $1 AND o.person_id = $5 AND (o.takes_place_at, o.began) < ($2, $3)
   AND ($6::uuid IS NULL OR l.partnership_id = $6)
   AND ($7::uuid IS NULL OR l.cycle_id = $7)
   AND (NOT o.coaching OR (p.status IN ('proposed', 'agreed') AND p.coach_id = $5))
 ORDER BY o.takes_place_at DESC, o.began DESC
 LIMIT $4
