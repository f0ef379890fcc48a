-- $1 tenants, $2 partnerships: their rows as they are
SELECT l.*
  FROM unnest($1::uuid[], $2::uuid[]) AS k (tenant, partnership_id)
  JOIN listed_partnerships l ON l.tenant = k.tenant AND l.partnership_id = k.partnership_id
