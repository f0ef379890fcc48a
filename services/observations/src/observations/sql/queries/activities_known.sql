-- $1 tenants, $2 activities: their rows as they are
SELECT l.*
  FROM unnest($1::uuid[], $2::uuid[]) AS k (tenant, activity_id)
  JOIN listed_activities l ON l.tenant = k.tenant AND l.activity_id = k.activity_id
