-- $1 tenants, $2 goals: the partnership each belongs to and who owns it, as goals told of it
SELECT k.tenant, k.goal_id AS key, g.partnership_id, g.owner_ids
  FROM unnest($1::uuid[], $2::uuid[]) AS k (tenant, goal_id)
  JOIN coached_goals g ON g.tenant = k.tenant AND g.goal_id = k.goal_id
