-- $1 tenants, $2 people: the agreed partnerships that they coach, of those who have left their district
SELECT k.tenant, k.person_id AS key, array_agg(p.partnership_id ORDER BY p.partnership_id) AS partnership_ids
  FROM unnest($1::uuid[], $2::uuid[]) AS k (tenant, person_id)
  JOIN people o ON o.tenant = k.tenant AND o.person_id = k.person_id AND NOT o.active
  JOIN partnerships p ON p.tenant = k.tenant AND p.coach_id = k.person_id AND p.status = 'agreed'
 GROUP BY k.tenant, k.person_id
