-- $1 tenant, $2 stream id, $3 its state, $4 that state's schema
UPDATE ledger.streams SET state = $3, state_schema = $4 WHERE tenant = $1 AND stream_id = $2
