-- $1 tenants: every version of every rule they published, latest first
SELECT tenant, milestone, version, enabled, days, recipients, published_at
  FROM milestone_rules WHERE tenant = ANY ($1::uuid[]) ORDER BY tenant, milestone, version DESC
