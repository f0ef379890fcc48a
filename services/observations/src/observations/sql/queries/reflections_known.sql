-- $1 tenants, $2 reflections: their rows as they are
SELECT l.*
  FROM unnest($1::uuid[], $2::uuid[]) AS k (tenant, reflection_id)
  JOIN listed_reflections l ON l.tenant = k.tenant AND l.reflection_id = k.reflection_id
