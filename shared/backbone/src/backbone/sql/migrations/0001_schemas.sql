-- Three rooms in a service's database:
--   ledger       the truth: events and what commits with them; never rebuilt
--   work         where policies and timers stand, and what they parked; never rebuilt
--   projections  everything that can be derived again; a rebuild fills `projections_next` and swaps
CREATE SCHEMA ledger;
CREATE SCHEMA work;
GRANT USAGE ON SCHEMA ledger, work TO :app;
