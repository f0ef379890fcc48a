-- $1 tenant, $2 erasure, $3 references
SELECT ledger.erase_words($1, $2, $3)
