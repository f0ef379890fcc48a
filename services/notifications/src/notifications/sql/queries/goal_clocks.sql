-- $1 tenants, $2 cycles: the active goals of these cycles, and when each was last measured
SELECT g.tenant, g.cycle_id, g.goal_id, g.set_at, g.recorded_at, m.occurred_at AS measured_at,
       m.recorded_at AS measurement_recorded_at
  FROM unnest($1::uuid[], $2::uuid[]) AS k (tenant, cycle_id)
  JOIN watched_goals g ON g.tenant = k.tenant AND g.cycle_id = k.cycle_id AND g.active
  LEFT JOIN LATERAL (
       SELECT m.occurred_at, m.recorded_at FROM watched_measurements m
        WHERE m.tenant = g.tenant AND m.goal_id = g.goal_id
        ORDER BY m.occurred_at DESC, m.measurement_id LIMIT 1) AS m ON true
