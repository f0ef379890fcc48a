-- $1 tenants, $2 of them: their rows as they are
SELECT l.*
  FROM unnest($1::uuid[], $2::uuid[]) AS k (tenant, break_glass_id)
  JOIN listed_break_glass l ON l.tenant = k.tenant AND l.break_glass_id = k.break_glass_id
