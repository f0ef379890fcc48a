-- What operators did, found without reading the log: the events they told, an act by its beginning. Ordered by the
-- world's clock, which is in an event's id, for a sandbox's own may stand still.
CREATE VIEW ledger.acts_of_operators WITH (security_invoker = true) AS
SELECT uuid_extract_timestamp(e.event_id) AS at, e.position, e.event_id, e.tenant, e.stream_id, e.type,
       substr(convert_from(e.meta, 'UTF8')::json ->> 'actor', 10) AS operator,
       CASE WHEN e.type = 'OperatorActed' THEN e.data END AS told
  FROM ledger.events e
 WHERE substring(e.meta FROM 1 FOR 19) = '{"actor":"operator:'::bytea
   AND (e.type <> 'OperatorActed' OR e.version = 1);
GRANT SELECT ON ledger.acts_of_operators TO :app;

CREATE INDEX acts_of_a_district ON ledger.events (tenant, uuid_extract_timestamp(event_id), position)
 WHERE substring(meta FROM 1 FOR 19) = '{"actor":"operator:'::bytea AND (type <> 'OperatorActed' OR version = 1);
CREATE INDEX acts_of_all ON ledger.events (uuid_extract_timestamp(event_id), position)
 WHERE substring(meta FROM 1 FOR 19) = '{"actor":"operator:'::bytea AND (type <> 'OperatorActed' OR version = 1);
-- Acts that the log could not be told of yet: how it is recovered itself. Told, a row is gone.
CREATE TABLE work.untold_acts (
    tenant   uuid NOT NULL,
    act_id   uuid NOT NULL PRIMARY KEY,
    act      text NOT NULL,
    operator text NOT NULL,
    acted_at timestamptz NOT NULL,
    outcome  text,
    code     text,
    n_items  integer
);
GRANT SELECT, INSERT, UPDATE, DELETE ON work.untold_acts TO :app;
