-- Erasures that nobody asked for, as this log attests them: that a whole district's content went is one of them
SELECT tenant, stream_id FROM ledger.events WHERE type = 'ContentErased' AND version = 1
