-- A page of what is open to $5 now of what is others': what was observed of teachers who all let them see more of theirs
-- than one goal. Each teacher gives no more than a page, a visit to several by the first of them. `expires_at`: until
-- when at least.
WITH opening AS (
    SELECT s.teacher_id, s.partnership_id, s.cycle_id, s.expires_at
      FROM open_shares s
     WHERE s.tenant = $1 AND s.person_id = $5 AND s.goal_id IS NULL)
SELECT 'Observation' AS aggregate, o.id, o.at, o.began, o.position, o.teacher_ids, o.partnership_id, o.cycle_id,
       o.expires_at
  FROM (SELECT DISTINCT teacher_id FROM opening) AS whose
 CROSS JOIN LATERAL (
       SELECT l.observation_id AS id, b.takes_place_at AS at, b.began, l.position, l.teacher_ids, l.partnership_id,
              l.cycle_id, by_all.expires_at
         FROM observed_people b
         JOIN listed_observations l ON l.tenant = b.tenant AND l.observation_id = b.observation_id
        CROSS JOIN LATERAL (
              SELECT min(by_one.expires_at) AS expires_at, every(by_one.expires_at IS NOT NULL) AS opened,
                     (array_agg(teacher.id ORDER BY teacher.id))[1] AS first
                FROM unnest(l.teacher_ids) AS teacher (id)
               CROSS JOIN LATERAL (
                     SELECT max(s.expires_at) AS expires_at
                       FROM opening s
                      WHERE s.teacher_id = teacher.id
                        AND coalesce(s.partnership_id, l.partnership_id) = l.partnership_id
                        AND (s.cycle_id IS NULL OR s.cycle_id = l.cycle_id)) AS by_one) AS by_all
        WHERE b.tenant = $1 AND b.person_id = whose.teacher_id AND (b.takes_place_at, b.began) < ($2, $3)
          AND l.status IN ('recorded', 'shared', 'discussed') AND by_all.opened AND by_all.first = whose.teacher_id
        ORDER BY b.takes_place_at DESC, b.began DESC
        LIMIT $4) AS o
 ORDER BY o.at DESC, o.began DESC
 LIMIT $4
