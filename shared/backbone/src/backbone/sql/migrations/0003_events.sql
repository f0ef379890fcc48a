-- What happened. The application may add and read, never change. `data` is kept byte for byte (json, not
-- jsonb), because its salted digest is what the chain of `hash` vouches for. `meta` says who, why and
-- under which command.
CREATE TABLE ledger.events (
    position       bigint PRIMARY KEY,
    event_id       uuid NOT NULL UNIQUE,
    tenant         uuid NOT NULL,
    stream_id      uuid NOT NULL,
    version        integer NOT NULL,
    type           text NOT NULL,
    schema_version integer NOT NULL,
    partition      smallint NOT NULL,
    data           json,
    meta           bytea NOT NULL,
    occurred_at    timestamptz NOT NULL,
    recorded_at    timestamptz NOT NULL,
    salt           bytea,
    digest         bytea NOT NULL,
    hash           bytea NOT NULL,
    UNIQUE (tenant, stream_id, version)
);
GRANT SELECT, INSERT ON ledger.events TO :app;
