-- $1 tenants, $2 cycles: of each of their goals the latest measurement that holds, and what was taken after it and retracted
SELECT g.tenant, g.own_id AS goal_id, m.measurement_id, m.occurred_at, m.recorded_at, m.retracted_at
  FROM unnest($1::uuid[], $2::uuid[]) AS k (tenant, watch_id)
  JOIN watched g ON g.tenant = k.tenant AND g.watch_id = k.watch_id AND g.kind = 'Goal'
  LEFT JOIN LATERAL (
       SELECT h.occurred_at
         FROM measured h
        WHERE h.tenant = g.tenant AND h.goal_id = g.own_id AND h.retracted_at IS NULL
        ORDER BY h.occurred_at DESC
        LIMIT 1) AS last ON true
  JOIN measured m ON m.tenant = g.tenant AND m.goal_id = g.own_id
   AND m.occurred_at >= coalesce(last.occurred_at, '-infinity')
