-- $1 tenant
SELECT count(*) FROM ledger.events WHERE tenant = $1 AND data IS NULL
