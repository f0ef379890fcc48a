-- Every command that committed, and what it answered: the events of `stream_id` from `first_version`
-- to `version`. `request` is a keyed hash of the request; another request under the same id is refused.
CREATE TABLE ledger.commands (
    tenant        uuid NOT NULL,
    command_id    uuid NOT NULL,
    request       bytea NOT NULL,
    stream_id     uuid NOT NULL,
    first_version integer NOT NULL,
    version       integer NOT NULL,
    position      bigint NOT NULL,
    recorded_at   timestamptz NOT NULL,
    PRIMARY KEY (tenant, command_id)
);
GRANT SELECT, INSERT ON ledger.commands TO :app;
