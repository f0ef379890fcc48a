-- $1 tenants, $2 the same again: every rule that a district published
SELECT k.tenant, k.tenant AS key, array_agg(w.told ORDER BY w.own_id) AS told
  FROM unnest($1::uuid[], $2::uuid[]) AS k (tenant, _)
  JOIN watched w ON w.tenant = k.tenant AND w.kind = 'MilestoneRule'
 GROUP BY k.tenant
