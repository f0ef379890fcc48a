-- Who does what only one process should do at a time. Both ends of a lease are told by this server's
-- clock; `epoch` rises whenever it changes hands, so a holder that slept through its end can be told.
CREATE TABLE work.leases (
    name   text PRIMARY KEY,
    holder text NOT NULL,
    epoch  bigint NOT NULL DEFAULT 1,
    until  timestamptz NOT NULL
) WITH (fillfactor = 50);
GRANT SELECT, INSERT, UPDATE ON work.leases TO :app;
