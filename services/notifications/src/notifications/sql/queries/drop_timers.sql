DELETE FROM timers t
 USING unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[]) AS k (tenant, watch_id, rule, occurrence)
 WHERE t.tenant = k.tenant AND t.watch_id = k.watch_id AND t.rule = k.rule AND t.occurrence = k.occurrence
