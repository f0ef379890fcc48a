-- $1 tenants, $2 the same again: every rule that a district published
SELECT k.tenant, k.tenant AS key, array_agg(w.told ORDER BY w.own_id) AS told,
       array_agg(w.own_id ORDER BY w.own_id) AS rule_ids
  FROM unnest($1::uuid[], $2::uuid[]) AS k (tenant, _)
  JOIN watched w ON w.tenant = k.tenant AND w.kind = 'MilestoneRule'
 GROUP BY k.tenant
