-- $1 tenants, $2 observations and activities: their rows as they are
SELECT t.*
  FROM unnest($1::uuid[], $2::uuid[]) AS k (tenant, time_id)
  JOIN coaching_times t ON t.tenant = k.tenant AND t.time_id = k.time_id
