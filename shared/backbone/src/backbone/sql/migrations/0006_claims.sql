-- Keys that only one aggregate of a tenant may hold at a time.
CREATE TABLE ledger.claims (
    tenant    uuid NOT NULL,
    key       text NOT NULL CHECK (octet_length(key) <= 255),
    stream_id uuid NOT NULL,
    PRIMARY KEY (tenant, key)
);
GRANT SELECT, INSERT, DELETE ON ledger.claims TO :app;
