DELETE FROM fidelity_measurements m
 USING unnest($1::uuid[], $2::uuid[]) AS k (tenant, source_id)
 WHERE m.tenant = k.tenant AND m.source_id = k.source_id
