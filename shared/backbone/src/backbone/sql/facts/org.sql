-- $1 tenants, $2 organisations
SELECT o.tenant, o.org_id AS key, o.type, o.parent_id, o.time_zone, o.closed
  FROM unnest($1::uuid[], $2::uuid[]) AS k (tenant, org_id)
  JOIN orgs o ON o.tenant = k.tenant AND o.org_id = k.org_id
