-- The last position given out. Every append locks this row before it looks at anything else, so
-- positions are dense and in commit order, and a reader of `position > $1` never misses one.
-- `incarnation` names this history. An operator who accepts a loss (`recover --from-log`) begins a new
-- one, which shares with the former all that lies at or before `incarnation_from`.
CREATE TABLE ledger.head (
    single           boolean PRIMARY KEY DEFAULT true CHECK (single),
    position         bigint NOT NULL DEFAULT 0,
    incarnation      integer NOT NULL DEFAULT 1,
    incarnation_from bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 10);
INSERT INTO ledger.head DEFAULT VALUES;
GRANT SELECT, UPDATE (position) ON ledger.head TO :app;
