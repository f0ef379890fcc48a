-- $1 tenants, $2 the same: how many legal holds stand on people of each
SELECT k.tenant, k.key, (SELECT count(*) FROM holds h WHERE h.tenant = k.tenant) AS holds
  FROM unnest($1::uuid[], $2::uuid[]) AS k (tenant, key)
