-- A page of what is open to $5 now of what is others': goals that every owner who takes part in the cycle now lets
-- them see, or every owner where none does, and action steps whose teacher does. Each teacher gives no more than a
-- page, a goal of several by the first of them. `expires_at`: until when at least.
WITH opening AS (
    SELECT s.teacher_id, s.partnership_id, s.cycle_id, s.goal_id, s.expires_at
      FROM open_shares s
     WHERE s.tenant = $1 AND s.person_id = $5)
SELECT o.aggregate, o.id, o.at, o.began, o.position, o.teacher_ids, o.partnership_id, o.cycle_id, o.expires_at
  FROM (SELECT DISTINCT teacher_id FROM opening) AS whose
 CROSS JOIN LATERAL (
       (SELECT 'Goal' AS aggregate, g.goal_id AS id, b.drafted_at AS at, b.began, g.position,
               g.owner_ids AS teacher_ids, g.partnership_id, g.cycle_id, by_all.expires_at
          FROM board_owners b
          JOIN board_goals g ON g.tenant = b.tenant AND g.goal_id = b.goal_id
          LEFT JOIN listed_cycles c ON c.tenant = g.tenant AND c.cycle_id = g.cycle_id
         CROSS JOIN LATERAL (
               SELECT min(by_one.expires_at) AS expires_at, every(by_one.expires_at IS NOT NULL) AS opened,
                      (array_agg(owner.id ORDER BY owner.id))[1] AS first
                 FROM unnest(g.owner_ids) AS owner (id)
                CROSS JOIN LATERAL (
                      SELECT max(s.expires_at) AS expires_at
                        FROM opening s
                       WHERE s.teacher_id = owner.id
                         AND coalesce(s.partnership_id, g.partnership_id) = g.partnership_id
                         AND coalesce(s.cycle_id, g.cycle_id) = g.cycle_id
                         AND coalesce(s.goal_id, g.goal_id) = g.goal_id) AS by_one
                WHERE owner.id = ANY (c.teacher_ids) OR NOT g.owner_ids && coalesce(c.teacher_ids, '{}')) AS by_all
         WHERE b.tenant = $1 AND b.person_id = whose.teacher_id AND (b.drafted_at, b.began) < ($2, $3)
           AND by_all.opened AND by_all.first = whose.teacher_id
         ORDER BY b.drafted_at DESC, b.began DESC
         LIMIT $4)
        UNION ALL
       (SELECT 'ActionStep', l.step_id, l.offered_at, l.began, l.position, ARRAY[l.teacher_id], l.partnership_id,
               l.cycle_id, by_them.expires_at
          FROM listed_steps l
         CROSS JOIN LATERAL (
               SELECT max(s.expires_at) AS expires_at
                 FROM opening s
                WHERE s.teacher_id = l.teacher_id
                  AND coalesce(s.partnership_id, l.partnership_id) = l.partnership_id
                  AND coalesce(s.cycle_id, l.cycle_id) = l.cycle_id
                  AND (s.goal_id IS NULL OR s.goal_id = l.goal_id)) AS by_them
         WHERE l.tenant = $1 AND l.teacher_id = whose.teacher_id AND (l.offered_at, l.began) < ($2, $3)
           AND by_them.expires_at IS NOT NULL
         ORDER BY l.offered_at DESC, l.began DESC
         LIMIT $4)) AS o
 ORDER BY o.at DESC, o.began DESC
 LIMIT $4
