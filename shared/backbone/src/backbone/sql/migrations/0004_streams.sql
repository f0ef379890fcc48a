-- Where each aggregate stands: its version, its state as the service encoded it, the hash of its last
-- event. One row answers a load however long the history; `state_schema` says which code wrote it.
CREATE TABLE ledger.streams (
    tenant       uuid NOT NULL,
    stream_id    uuid NOT NULL,
    kind         text NOT NULL,
    version      integer NOT NULL,
    state        bytea NOT NULL,
    state_schema integer NOT NULL,
    hash         bytea NOT NULL,
    PRIMARY KEY (tenant, stream_id)
) WITH (fillfactor = 70);
GRANT SELECT, INSERT, UPDATE (version, state, state_schema, hash) ON ledger.streams TO :app;
