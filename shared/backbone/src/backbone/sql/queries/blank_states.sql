-- $1 tenant, $2 kind of aggregate, $3 its initial state, $4 that state's schema
UPDATE ledger.streams SET state = $3, state_schema = $4
 WHERE tenant = $1 AND kind = $2 AND state <> $3
