-- $1 tenant, $2 position, $3 types that stay: how many events that would be blanked were told after it
SELECT count(*) FROM ledger.events
 WHERE tenant = $1 AND position > $2 AND data IS NOT NULL AND type <> ALL ($3::text[])
