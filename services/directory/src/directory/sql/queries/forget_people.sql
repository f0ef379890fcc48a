-- $1 tenants, $2 people who were erased: they and their roles are in no list any more
WITH gone AS (SELECT * FROM unnest($1::uuid[], $2::uuid[]) AS g (tenant, person_id)),
     roles AS (DELETE FROM listed_roles r USING gone g WHERE r.tenant = g.tenant AND r.person_id = g.person_id)
DELETE FROM listed_people l USING gone g WHERE l.tenant = g.tenant AND l.person_id = g.person_id
