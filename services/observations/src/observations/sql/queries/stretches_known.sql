-- $1 tenants, $2 observations or activities: their stretches as they are
SELECT s.tenant, s.coach_id, s.begins, s.ends
  FROM unnest($1::uuid[], $2::uuid[]) AS k (tenant, source_id)
  JOIN held_stretches s ON s.tenant = k.tenant AND s.source_id = k.source_id
