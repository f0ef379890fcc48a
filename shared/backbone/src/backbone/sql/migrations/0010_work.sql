-- Where each policy stands (`reader`), what it did, and what it parked. Never rebuilt.
-- `checkpoints` and `parked` have twins of the same shape in `projections`, where the reader is the
-- service's set of projections; which pair is meant is a matter of the connection's search_path.
CREATE TABLE work.checkpoints (
    reader    text NOT NULL,
    source    text NOT NULL,
    partition smallint NOT NULL,
    position  bigint NOT NULL,
    PRIMARY KEY (source, reader, partition)
) WITH (fillfactor = 50);

CREATE TABLE work.incarnations (
    source      text PRIMARY KEY,
    incarnation integer NOT NULL,
    level_at    timestamptz
);

CREATE TABLE work.parked (
    reader       text NOT NULL,
    source       text NOT NULL,
    tenant       uuid NOT NULL,
    aggregate_id uuid NOT NULL,
    position     bigint NOT NULL,
    subject      text NOT NULL,
    payload      bytea NOT NULL,
    headers      json NOT NULL,
    error        text,
    parked_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (reader, source, position)
);

-- A reaction is settled once: what a policy wanted of which aggregate, and what came of it.
CREATE TABLE work.reactions (
    event_id   uuid NOT NULL,
    policy     text NOT NULL,
    target     uuid NOT NULL,
    ordinal    smallint NOT NULL,
    tenant     uuid NOT NULL,
    command_id uuid NOT NULL,
    outcome    text NOT NULL,
    code       text,
    settled_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (event_id, policy, target, ordinal)
);
GRANT SELECT, INSERT, UPDATE, DELETE ON work.checkpoints, work.incarnations, work.parked TO :app;
GRANT SELECT, INSERT ON work.reactions TO :app;
