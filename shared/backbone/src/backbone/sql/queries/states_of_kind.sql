-- $1 tenant, $2 kind of aggregate
SELECT stream_id FROM ledger.streams WHERE tenant = $1 AND kind = $2
