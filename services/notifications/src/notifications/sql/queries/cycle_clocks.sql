-- $1 tenants, $2 cycles: what a cycle's own timers are worked out from
SELECT c.tenant, c.cycle_id, c.started_at, c.recorded_at, c.cadence_days, c.planned_weeks, c.time_zone, c.partition,
       EXISTS (SELECT FROM watched_goals g WHERE g.tenant = c.tenant AND g.cycle_id = c.cycle_id AND g.baselined)
           AS baselined,
       v.started_at AS visited_at, v.recorded_at AS visit_recorded_at
  FROM unnest($1::uuid[], $2::uuid[]) AS k (tenant, cycle_id)
  JOIN watched_cycles c ON c.tenant = k.tenant AND c.cycle_id = k.cycle_id
  LEFT JOIN LATERAL (
       SELECT v.started_at, v.recorded_at FROM watched_visits v
        WHERE v.tenant = c.tenant AND v.cycle_id = c.cycle_id
        ORDER BY v.started_at DESC, v.observation_id LIMIT 1) AS v ON true
 WHERE c.open
   AND NOT EXISTS (SELECT FROM ended_partnerships e
                    WHERE e.tenant = c.tenant AND e.partnership_id = c.partnership_id)
