-- $1 incarnation, $2 position up to which it shares the history before
UPDATE ledger.head SET incarnation = $1, incarnation_from = $2
