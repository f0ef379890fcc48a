-- A page of the action steps that are $5's own, of one cycle ($6) and status ($7) or of all: a teacher's always, a
-- coach's while they coach. Each partnership gives no more than a page, and the latest of all are the page.
SELECT l.step_id AS id, l.offered_at AS at, l.began, l.position, l.cycle_id, l.partnership_id, l.teacher_id, l.goal_id,
       l.strategy_code, l.checklist, l.check_back_on, l.offered_by, l.status, l.practised_n, l.changed_at,
       mine.coaching
  FROM ((SELECT s.step_id, s.offered_at, s.began, false AS coaching
           FROM listed_steps s
          WHERE s.tenant = $1 AND s.teacher_id = $5 AND (s.offered_at, s.began) < ($2, $3)
            AND ($6::uuid IS NULL OR s.cycle_id = $6) AND ($7::text IS NULL OR s.status = $7)
          ORDER BY s.offered_at DESC, s.began DESC
          LIMIT $4)
        UNION ALL
        SELECT theirs.step_id, theirs.offered_at, theirs.began, true
          FROM partnerships p
         CROSS JOIN LATERAL (
               SELECT s.step_id, s.offered_at, s.began
                 FROM listed_steps s
                WHERE s.tenant = p.tenant AND s.partnership_id = p.partnership_id
                  AND (s.offered_at, s.began) < ($2, $3)
                  AND ($6::uuid IS NULL OR s.cycle_id = $6) AND ($7::text IS NULL OR s.status = $7)
                ORDER BY s.offered_at DESC, s.began DESC
                LIMIT $4) AS theirs
         WHERE p.tenant = $1 AND p.coach_id = $5 AND p.status = 'agreed') AS mine
  JOIN listed_steps l ON l.tenant = $1 AND l.step_id = mine.step_id
 ORDER BY mine.offered_at DESC, mine.began DESC
 LIMIT $4
