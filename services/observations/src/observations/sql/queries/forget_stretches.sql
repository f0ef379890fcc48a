DELETE FROM held_stretches s
 USING unnest($1::uuid[], $2::uuid[]) AS k (tenant, source_id)
 WHERE s.tenant = k.tenant AND s.source_id = k.source_id
