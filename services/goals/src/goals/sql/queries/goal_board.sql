-- A page of the goals that are $5's own, of one cycle ($6) and status ($7) or of all: an owner's always, a
-- coach's while the partnership is agreed. The chart of each is summed up only for the page.
SELECT g.goal_id AS id, g.at, g.began, greatest(g.position, m.position) AS position, g.coaching, g.cycle_id,
       g.partnership_id, g.coach_id, g.owner_ids, g.focus, g.status, g.metric_code, g.direction, g.target,
       g.tolerance, g.due_on, g.required_consecutive, g.goal_version, m.baselines, m.latest, m.last_measured_at,
       m.measurements_n
  FROM (SELECT b.drafted_at AS at, b.coaching, g.*
          FROM board_partners b
          JOIN board_goals g ON g.tenant = b.tenant AND g.goal_id = b.goal_id
          LEFT JOIN partnerships p ON p.tenant = g.tenant AND p.partnership_id = g.partnership_id
         WHERE b.tenant = $1 AND b.person_id = $5 AND (b.drafted_at, b.began) < ($2, $3)
           AND ($6::uuid IS NULL OR g.cycle_id = $6)
           AND ($7::text IS NULL OR g.status = $7)
           AND (NOT b.coaching OR p.status = 'agreed')
         ORDER BY b.drafted_at DESC, b.began DESC
         LIMIT $4) AS g
 CROSS JOIN LATERAL (
       SELECT coalesce(array_agg(m.quotient) FILTER (WHERE m.is_baseline), '{}') AS baselines,
              (array_agg(m.quotient ORDER BY m.occurred_at DESC, m.position DESC, m.ordinal DESC))[1] AS latest,
              max(m.occurred_at) AS last_measured_at, max(m.position) AS position,
              count(*) FILTER (WHERE NOT m.is_baseline) AS measurements_n
         FROM board_measurements m
        WHERE m.tenant = g.tenant AND m.goal_id = g.goal_id) AS m
 ORDER BY g.at DESC, g.began DESC
