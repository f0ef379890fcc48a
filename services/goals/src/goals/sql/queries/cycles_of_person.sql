-- A page of the cycles that are $5's own, of one partnership ($6) or of all: a teacher's always, a coach's while
-- they coach. Each partnership gives no more than a page, and the latest of all are the page.
SELECT l.cycle_id AS id, l.started_at AS at, l.began, l.position, l.partnership_id,
       coalesce(p.coach_id, l.coach_id) AS coach_id, l.teacher_ids, l.focus, l.template, l.phase, l.status, l.follow_up,
       l.planned_weeks, l.cadence_days, l.ended_at, own.coaching, true AS mine
  FROM ((SELECT b.cycle_id, b.started_at, b.began, false AS coaching
           FROM cycle_teachers b
           JOIN listed_cycles c ON c.tenant = b.tenant AND c.cycle_id = b.cycle_id
          WHERE b.tenant = $1 AND b.person_id = $5 AND (b.started_at, b.began) < ($2, $3)
            AND ($6::uuid IS NULL OR c.partnership_id = $6)
          ORDER BY b.started_at DESC, b.began DESC
          LIMIT $4)
        UNION ALL
        SELECT theirs.cycle_id, theirs.started_at, theirs.began, true
          FROM partnerships p
         CROSS JOIN LATERAL (
               SELECT c.cycle_id, c.started_at, c.began
                 FROM listed_cycles c
                WHERE c.tenant = p.tenant AND c.partnership_id = p.partnership_id AND (c.started_at, c.began) < ($2, $3)
                ORDER BY c.started_at DESC, c.began DESC
                LIMIT $4) AS theirs
         WHERE p.tenant = $1 AND p.coach_id = $5 AND p.status = 'agreed'
           AND ($6::uuid IS NULL OR p.partnership_id = $6)) AS own
  JOIN listed_cycles l ON l.tenant = $1 AND l.cycle_id = own.cycle_id
  LEFT JOIN partnerships p ON p.tenant = l.tenant AND p.partnership_id = l.partnership_id
 ORDER BY own.started_at DESC, own.began DESC
 LIMIT $4
