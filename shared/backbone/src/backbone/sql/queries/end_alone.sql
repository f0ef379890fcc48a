-- $1 what
SELECT pg_advisory_unlock(hashtext($1))
