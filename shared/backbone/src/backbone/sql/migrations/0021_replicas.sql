-- The processes of this service that project, each in a place of its own (the number in its consumers' names),
-- and which of them holds which partition. `epoch` rises whenever a partition changes hands: what its former
-- holder still writes is refused. PostgreSQL's clock tells who lives.
CREATE TABLE work.replicas (
    slot   smallint PRIMARY KEY CHECK (slot BETWEEN 0 AND 15),
    name   text NOT NULL UNIQUE,
    holder text NOT NULL UNIQUE,
    until  timestamptz NOT NULL
) WITH (fillfactor = 50);

CREATE TABLE work.partitions (
    partition smallint PRIMARY KEY,
    holder    text,
    epoch     bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 50);
INSERT INTO work.partitions (partition) SELECT p FROM generate_series(0, 63) AS p;
GRANT SELECT, INSERT, UPDATE, DELETE ON work.replicas TO :app;
GRANT SELECT, UPDATE ON work.partitions TO :app;
