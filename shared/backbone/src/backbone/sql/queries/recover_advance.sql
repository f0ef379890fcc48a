-- $1 position
UPDATE ledger.head SET position = $1
