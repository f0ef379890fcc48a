-- $1 tenants, $2 goals: whose they are
SELECT w.tenant, w.own_id AS key,
       ARRAY(SELECT jsonb_array_elements_text(w.told::jsonb -> 'owner_ids'))::uuid[] AS owner_ids
  FROM unnest($1::uuid[], $2::uuid[]) AS k (tenant, goal_id)
  JOIN watched w ON w.tenant = k.tenant AND w.kind = 'Goal' AND w.own_id = k.goal_id
