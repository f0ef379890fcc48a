-- A page of the reflections that are $5's own or were shared with them, about one partnership ($6) or all: with a
-- teacher for good, with whoever coaches the partnership as it stands now
SELECT l.reflection_id AS id, l.recorded_at AS at, l.began, l.position, l.coaching, l.author_id, l.partnership_id,
       l.cycle_id, l.shared_at
  FROM ((SELECT l.*, false AS coaching
           FROM reflecting_people o
           JOIN listed_reflections l ON l.tenant = o.tenant AND l.reflection_id = o.reflection_id
          WHERE o.tenant = $1 AND o.person_id = $5 AND (o.recorded_at, o.began) < ($2, $3)
            AND ($6::uuid IS NULL OR l.partnership_id = $6)
          ORDER BY o.recorded_at DESC, o.began DESC
          LIMIT $4)
         UNION ALL
        (SELECT l.*, true
           FROM partnerships p
          CROSS JOIN LATERAL (
                SELECT *
                  FROM listed_reflections l
                 WHERE l.tenant = p.tenant AND l.partnership_id = p.partnership_id AND l.shared_at IS NOT NULL
                   AND (l.recorded_at, l.began) < ($2, $3) AND l.author_id <> $5
                 ORDER BY l.recorded_at DESC, l.began DESC
                 LIMIT $4) AS l
          WHERE p.tenant = $1 AND p.coach_id = $5 AND p.status = 'agreed'
            AND ($6::uuid IS NULL OR p.partnership_id = $6))) AS l
 ORDER BY l.recorded_at DESC, l.began DESC
 LIMIT $4
