-- $1 tenant, $2 kinds of aggregates that keep their states
SELECT count(*) FROM ledger.streams WHERE tenant = $1 AND kind <> ALL ($2::text[])
