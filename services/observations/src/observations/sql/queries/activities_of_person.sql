-- A page of the activities that are $5's own, of one partnership ($6) or of all: those one took part
-- in as a teacher always, those of the partnerships one coaches as they stand now, and a coach's that are
-- no partnership's
SELECT l.activity_id AS id, l.takes_place_at AS at, l.began, l.position, l.coaching, true AS mine, l.type, l.coach_id,
       l.partnership_id, l.teacher_ids, l.cycle_id, l.phase, l.status, l.minutes, l.participants_n, l.reason_code
  FROM ((SELECT l.*, false AS coaching
           FROM active_people o
           JOIN listed_activities l ON l.tenant = o.tenant AND l.activity_id = o.activity_id
          WHERE o.tenant = $1 AND o.person_id = $5 AND (o.takes_place_at, o.began) < ($2, $3)
            AND ($6::uuid IS NULL OR l.partnership_id = $6)
          ORDER BY o.takes_place_at DESC, o.began DESC
          LIMIT $4)
         UNION ALL
        (SELECT l.*, true
           FROM partnerships p
          CROSS JOIN LATERAL (
                SELECT *
                  FROM listed_activities l
                 WHERE l.tenant = p.tenant AND l.partnership_id = p.partnership_id
                   AND (l.takes_place_at, l.began) < ($2, $3)
                        ORDER BY l.takes_place_at DESC, l.began DESC
                 LIMIT $4) AS l
          WHERE p.tenant = $1 AND p.coach_id = $5 AND p.status = 'agreed'
            AND ($6::uuid IS NULL OR p.partnership_id = $6))) AS l
 ORDER BY l.takes_place_at DESC, l.began DESC
 LIMIT $4
