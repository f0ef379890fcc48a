DELETE FROM listed_roles r
 USING unnest($1::uuid[], $2::uuid[], $3::text[], $4::uuid[]) AS gone (tenant, person_id, role, org_id)
 WHERE r.tenant = gone.tenant AND r.person_id = gone.person_id AND r.role = gone.role AND r.org_id = gone.org_id
