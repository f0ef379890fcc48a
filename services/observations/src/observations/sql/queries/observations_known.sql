-- $1 tenants, $2 observations: their rows as they are
SELECT l.*
  FROM unnest($1::uuid[], $2::uuid[]) AS k (tenant, observation_id)
  JOIN listed_observations l ON l.tenant = k.tenant AND l.observation_id = k.observation_id
