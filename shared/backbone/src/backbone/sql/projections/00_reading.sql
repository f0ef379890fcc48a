-- Where the service's projections stand in each source, beside the rows they produced; the twins of these
-- tables in `work` serve the policies.
CREATE TABLE checkpoints (
    reader    text NOT NULL,
    source    text NOT NULL,
    partition smallint NOT NULL,
    position  bigint NOT NULL,
    PRIMARY KEY (source, reader, partition)
) WITH (fillfactor = 50);

-- Which history of a source was read (none while it has said nothing), and when that was last level with it
-- (PostgreSQL's clock). `anew`: it had been read before these tables were made or emptied.
CREATE TABLE incarnations (
    source      text PRIMARY KEY,
    incarnation integer,
    level_at    timestamptz,
    anew        boolean NOT NULL DEFAULT false
);

-- The first event of an aggregate that a projection could not take (`error` says why), and those behind it.
CREATE TABLE parked (
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
