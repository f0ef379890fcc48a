-- $1 tenants, $2 goals: what stands of the measurements observed for each, in the order observations told them, and what
-- was taken back; goals that nothing was observed for have no row. Only what is `whole` may be believed: where tables were
-- made anew, and are not filled yet with what was reacted to before, every goal has a row that says so
SELECT k.tenant, k.goal_id AS key, w.whole,
       array_agg((o.measurement, o.observation_id, o.partnership_id) ORDER BY o.position, o.ordinal)
           FILTER (WHERE o.goal_id IS NOT NULL AND o.gone_for IS NULL) AS standing,
       array_agg((o.measurement_id, o.gone_for) ORDER BY o.position, o.ordinal)
           FILTER (WHERE o.gone_for IS NOT NULL) AS gone
  FROM unnest($1::uuid[], $2::uuid[]) AS k (tenant, goal_id)
 CROSS JOIN (
       SELECT EXISTS (SELECT FROM projections.incarnations WHERE source = 'observations' AND level_at IS NOT NULL)
           OR NOT EXISTS (
              SELECT FROM work.checkpoints WHERE reader = 'when_observed' AND source = 'observations' AND position > 0)
           AS whole) AS w
  LEFT JOIN observed o ON o.tenant = k.tenant AND o.goal_id = k.goal_id
 GROUP BY k.tenant, k.goal_id, w.whole
HAVING NOT w.whole OR count(o.goal_id) > 0
