-- $1 tenants, $2 goals
SELECT g.*
  FROM unnest($1::uuid[], $2::uuid[]) AS k (tenant, goal_id)
  JOIN counted_goals g ON g.tenant = k.tenant AND g.goal_id = k.goal_id
