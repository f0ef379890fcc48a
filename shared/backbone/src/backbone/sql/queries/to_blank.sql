-- $1 tenant, $2 types of events that stay as they are: whether any event is left that should be blank
SELECT EXISTS (SELECT FROM ledger.events WHERE tenant = $1 AND data IS NOT NULL AND type <> ALL ($2::text[]))
