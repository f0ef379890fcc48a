-- $1 tenants: every rule that they published
SELECT tenant, kind, own_id, told FROM watched WHERE tenant = ANY ($1::uuid[]) AND kind = 'MilestoneRule'
