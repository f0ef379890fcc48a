-- $1 tenants, $2 initiatives: their rows as they are
SELECT l.*
  FROM unnest($1::uuid[], $2::uuid[]) AS k (tenant, initiative_id)
  JOIN listed_initiatives l ON l.tenant = k.tenant AND l.initiative_id = k.initiative_id
