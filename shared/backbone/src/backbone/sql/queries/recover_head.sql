-- Locks the log against every append, and tells where it stands.
SELECT position, incarnation FROM ledger.head FOR UPDATE
