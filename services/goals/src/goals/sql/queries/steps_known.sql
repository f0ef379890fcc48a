-- $1 tenants, $2 action steps: their rows as they are
SELECT l.*
  FROM unnest($1::uuid[], $2::uuid[]) AS k (tenant, step_id)
  JOIN listed_steps l ON l.tenant = k.tenant AND l.step_id = k.step_id
