-- $1 tenant, $2 types of events that stay as they are. The digest goes on vouching for what is gone; without its salt
-- nobody can tell by trying whether it was this or that.
UPDATE ledger.events SET data = NULL, salt = NULL
 WHERE tenant = $1 AND data IS NOT NULL AND type <> ALL ($2::text[])
