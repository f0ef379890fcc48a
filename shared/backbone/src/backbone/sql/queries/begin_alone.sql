-- $1 what: whether this connection may do it now; nobody else may, until it ends or is gone
SELECT pg_try_advisory_lock(hashtext($1))
