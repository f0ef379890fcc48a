-- $1 tenants, $2 people: their rows as they are
SELECT l.*
  FROM unnest($1::uuid[], $2::uuid[]) AS k (tenant, person_id)
  JOIN listed_people l ON l.tenant = k.tenant AND l.person_id = k.person_id
