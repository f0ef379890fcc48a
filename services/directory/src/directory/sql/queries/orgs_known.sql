-- $1 tenants, $2 organisations: their rows as they are
SELECT l.*
  FROM unnest($1::uuid[], $2::uuid[]) AS k (tenant, org_id)
  JOIN listed_orgs l ON l.tenant = k.tenant AND l.org_id = k.org_id
