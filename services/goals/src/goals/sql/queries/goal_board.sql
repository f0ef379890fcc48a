-- A page of the goals that $5 may read, of one cycle ($6) and status ($7) or of all: an owner's always, a group's while
-- they take part in its cycle, a coach's while they coach. Each cycle and each partnership gives no more than a page.
-- The chart of each goal is summed up only for the page.
SELECT g.goal_id AS id, g.at, g.began, greatest(g.position, m.position) AS position, g.coaching, g.cycle_id,
       g.partnership_id, g.coach_id, g.owner_ids, g.focus, g.status, g.metric_code, g.direction, g.target,
       g.tolerance, g.due_on, g.required_consecutive, g.goal_version, m.baselines, m.latest, m.last_measured_at,
       m.measurements_n
  FROM (SELECT own.drafted_at AS at, own.coaching, g.tenant, g.goal_id, g.began, g.position, g.cycle_id,
               g.partnership_id, coalesce(p.coach_id, g.coach_id) AS coach_id, g.owner_ids, g.focus, g.status,
               g.metric_code, g.direction, g.target, g.tolerance, g.due_on, g.required_consecutive, g.goal_version
          FROM ((SELECT b.goal_id, b.drafted_at, b.began, false AS coaching
                   FROM board_owners b
                   JOIN board_goals o ON o.tenant = b.tenant AND o.goal_id = b.goal_id
                  WHERE b.tenant = $1 AND b.person_id = $5 AND (b.drafted_at, b.began) < ($2, $3)
                    AND ($6::uuid IS NULL OR o.cycle_id = $6) AND ($7::text IS NULL OR o.status = $7)
                  ORDER BY b.drafted_at DESC, b.began DESC
                  LIMIT $4)
                UNION ALL
                SELECT groups.goal_id, groups.drafted_at, groups.began, false
                  FROM cycle_teachers t
                  JOIN listed_cycles c ON c.tenant = t.tenant AND c.cycle_id = t.cycle_id
                   AND t.person_id = ANY (c.teacher_ids)
                 CROSS JOIN LATERAL (
                       SELECT o.goal_id, o.drafted_at, o.began
                         FROM board_goals o
                        WHERE o.tenant = c.tenant AND o.cycle_id = c.cycle_id AND cardinality(o.owner_ids) > 1
                          AND t.person_id <> ALL (o.owner_ids) AND (o.drafted_at, o.began) < ($2, $3)
                          AND ($7::text IS NULL OR o.status = $7)
                        ORDER BY o.drafted_at DESC, o.began DESC
                        LIMIT $4) AS groups
                 WHERE t.tenant = $1 AND t.person_id = $5 AND ($6::uuid IS NULL OR c.cycle_id = $6)
                UNION ALL
                SELECT theirs.goal_id, theirs.drafted_at, theirs.began, true
                  FROM partnerships p
                 CROSS JOIN LATERAL (
                       SELECT o.goal_id, o.drafted_at, o.began
                         FROM board_goals o
                        WHERE o.tenant = p.tenant AND o.partnership_id = p.partnership_id
                          AND (o.drafted_at, o.began) < ($2, $3)
                          AND ($6::uuid IS NULL OR o.cycle_id = $6) AND ($7::text IS NULL OR o.status = $7)
                        ORDER BY o.drafted_at DESC, o.began DESC
                        LIMIT $4) AS theirs
                 WHERE p.tenant = $1 AND p.coach_id = $5 AND p.status = 'agreed') AS own
          JOIN board_goals g ON g.tenant = $1 AND g.goal_id = own.goal_id
          LEFT JOIN partnerships p ON p.tenant = g.tenant AND p.partnership_id = g.partnership_id
         ORDER BY own.drafted_at DESC, own.began DESC
         LIMIT $4) AS g
 CROSS JOIN LATERAL (
       SELECT coalesce(array_agg(m.quotient) FILTER (WHERE m.is_baseline), '{}') AS baselines,
              (array_agg(m.quotient ORDER BY m.occurred_at DESC, m.position DESC, m.ordinal DESC))[1] AS latest,
              max(m.occurred_at) AS last_measured_at, max(m.position) AS position,
              count(*) FILTER (WHERE NOT m.is_baseline) AS measurements_n
         FROM board_measurements m
        WHERE m.tenant = g.tenant AND m.goal_id = g.goal_id) AS m
 ORDER BY g.at DESC, g.began DESC
