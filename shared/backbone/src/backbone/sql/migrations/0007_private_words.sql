-- Free text, apart from the events that refer to it. Deleting a row leaves history whole: events keep
-- only `ref` and a digest whose salt goes with the row.
CREATE TABLE ledger.private_words (
    tenant    uuid NOT NULL,
    ref       uuid NOT NULL,
    stream_id uuid NOT NULL,
    salt      bytea NOT NULL,
    words     text NOT NULL,
    PRIMARY KEY (tenant, ref)
);
CREATE INDEX ON ledger.private_words (tenant, stream_id);
GRANT SELECT, INSERT ON ledger.private_words TO :app;
