-- $1 tenant, $2 expiry, $3 class of content, $4 aggregates, $5 before
SELECT ledger.expire_words($1, $2, $3, $4, $5)
