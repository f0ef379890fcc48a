-- $1 tenant: whether anything of the district was blanked
SELECT EXISTS (SELECT FROM ledger.events WHERE tenant = $1 AND data IS NULL)
