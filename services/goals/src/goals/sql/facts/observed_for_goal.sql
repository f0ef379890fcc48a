-- $1 tenants, $2 goals: what stands of the measurements observed for each, in the order observations told them, and what
-- was taken back; goals that nothing was observed for have no row
SELECT k.tenant, k.goal_id AS key,
       array_agg((o.measurement, o.observation_id, o.partnership_id) ORDER BY o.position, o.ordinal)
           FILTER (WHERE o.gone_for IS NULL) AS standing,
       array_agg((o.measurement_id, o.gone_for) ORDER BY o.position, o.ordinal)
           FILTER (WHERE o.gone_for IS NOT NULL) AS gone
  FROM unnest($1::uuid[], $2::uuid[]) AS k (tenant, goal_id)
  JOIN observed o ON o.tenant = k.tenant AND o.goal_id = k.goal_id
 GROUP BY k.tenant, k.goal_id
