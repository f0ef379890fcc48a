-- A page of the activities that concern $7 (null: anyone) or are $5's own ($6 is always null). Of the latter alone it is
-- told that they were missed.
SELECT l.activity_id AS id, l.takes_place_at AS at, l.began, l.position, false AS coaching, m.mine, l.type, l.coach_id,
       l.partnership_id, l.teacher_ids, l.cycle_id, l.phase, l.status, l.minutes, l.participants_n, l.reason_code
  FROM listed_activities l
  LEFT JOIN partnerships p ON p.tenant = l.tenant AND p.partnership_id = l.partnership_id
 CROSS JOIN LATERAL (
       SELECT $5 = ANY (l.teacher_ids)
              OR (l.partnership_id IS NULL AND $5 = l.coach_id)
              OR coalesce(p.coach_id = $5 AND p.status = 'agreed', false) AS mine) AS m
 WHERE l.tenant = $1 AND $6::uuid IS NULL AND (l.takes_place_at, l.began) < ($2, $3)
   AND (m.mine OR (l.status <> 'missed' AND ($7::uuid[] IS NULL OR l.teacher_ids && $7)))
 ORDER BY l.takes_place_at DESC, l.began DESC
 LIMIT $4
