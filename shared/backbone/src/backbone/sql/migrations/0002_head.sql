-- The last position given out. Every append locks this row before it looks at anything else, so
-- positions are dense and in commit order, and a reader of `position > $1` never misses one.
-- `incarnation` names this history: an operator who accepts a loss (`recover --from-log`) makes a new one.
CREATE TABLE ledger.head (
    only        boolean PRIMARY KEY DEFAULT true CHECK (only),
    position    bigint NOT NULL DEFAULT 0,
    incarnation integer NOT NULL DEFAULT 1
) WITH (fillfactor = 10);
INSERT INTO ledger.head DEFAULT VALUES;
GRANT SELECT, UPDATE (position) ON ledger.head TO :app;
