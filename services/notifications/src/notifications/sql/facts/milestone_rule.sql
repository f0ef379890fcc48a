-- $1 tenants, $2 keys of milestones: the latest version a district published
SELECT DISTINCT ON (r.tenant, r.key) r.tenant, r.key, r.version, r.enabled, r.days, r.recipients
  FROM unnest($1::uuid[], $2::uuid[]) AS k (tenant, key)
  JOIN milestone_rules r ON r.tenant = k.tenant AND r.key = k.key
 ORDER BY r.tenant, r.key, r.version DESC
