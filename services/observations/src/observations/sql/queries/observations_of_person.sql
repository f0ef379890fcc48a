-- A page of the observations that are $5's own, of one partnership ($6), of one cycle ($7), or of all: those
-- of one's own teaching always, and those of the partnerships one coaches as they stand now
SELECT l.observation_id AS id, l.takes_place_at AS at, l.began, l.position, l.coaching, l.partnership_id, l.coach_id,
       l.teacher_ids, l.cycle_id, l.status, l.duration_s, l.mode, l.instrument, l.measurements_n, l.shared_at,
       l.acknowledged_at
  FROM ((SELECT l.*, false AS coaching
           FROM observed_people o
           JOIN listed_observations l ON l.tenant = o.tenant AND l.observation_id = o.observation_id
          WHERE o.tenant = $1 AND o.person_id = $5 AND (o.takes_place_at, o.began) < ($2, $3)
            AND ($6::uuid IS NULL OR l.partnership_id = $6)
            AND ($7::uuid IS NULL OR l.cycle_id = $7)
          ORDER BY o.takes_place_at DESC, o.began DESC
          LIMIT $4)
         UNION ALL
        (SELECT l.*, true
           FROM partnerships p
          CROSS JOIN LATERAL (
                SELECT *
                  FROM listed_observations l
                 WHERE l.tenant = p.tenant AND l.partnership_id = p.partnership_id
                   AND (l.takes_place_at, l.began) < ($2, $3)
                   AND ($7::uuid IS NULL OR l.cycle_id = $7)
                 ORDER BY l.takes_place_at DESC, l.began DESC
                 LIMIT $4) AS l
          WHERE p.tenant = $1 AND p.coach_id = $5 AND p.status = 'agreed'
            AND ($6::uuid IS NULL OR p.partnership_id = $6))) AS l
 ORDER BY l.takes_place_at DESC, l.began DESC
 LIMIT $4
