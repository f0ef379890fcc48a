-- What `ledger.append` takes, a row each: rows of a composite type cost a third less to send, and less to
-- read, than as many arrays as there are columns. Ordinals of commands within a batch begin with 1.
DROP FUNCTION IF EXISTS ledger.append;  -- of an earlier shape; its file puts this one in place
CREATE TYPE ledger.new_command AS (
    tenant uuid, command_id uuid, request bytea, stream_id uuid, kind text, expected integer, version integer,
    through integer,  -- how many events this command and those before it have
    state bytea, state_schema integer, hash bytea, recorded_at timestamptz
);
CREATE TYPE ledger.new_event AS (
    command integer, event_id uuid, tenant uuid, stream_id uuid, version integer, type text,
    schema_version integer, partition smallint, data text, meta bytea, occurred_at timestamptz,
    recorded_at timestamptz, salt bytea, digest bytea, hash bytea
);
CREATE TYPE ledger.new_claim AS (command integer, key text, take boolean);
CREATE TYPE ledger.new_words AS (command integer, ref uuid, salt bytea, words text);
