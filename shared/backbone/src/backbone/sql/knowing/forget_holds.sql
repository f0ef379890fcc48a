-- $1 tenants, $2 people, $3 holds
DELETE FROM holds h
 USING unnest($1::uuid[], $2::uuid[], $3::uuid[]) AS k (tenant, person_id, hold_id)
 WHERE h.tenant = k.tenant AND h.person_id = k.person_id AND h.hold_id = k.hold_id
