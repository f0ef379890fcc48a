-- A relay whose stream is gone begins a new history: `begin_history`.
GRANT UPDATE (incarnation, incarnation_from) ON ledger.head TO :app;
