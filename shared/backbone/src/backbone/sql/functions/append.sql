-- ledger.append: commits a batch of commands, each whole or not at all.
--
-- The rows of its arguments are described in migration 0008: the commands, their events, the claims they
-- take or give back and their private words. `data` stays text until it is cast in here, so a value that
-- PostgreSQL will not store fails its own command only.
--
-- Returns one row for each command: its ordinal, an outcome
--   committed | repeated | reused | conflict | claimed | failed
-- and, where they mean something, its stream, first version, version, position and a detail.
-- When every command committed in the common way, one row with ordinal 0 and the position before the
-- first event is all that comes back.
--
-- The first act is to lock `head`: whoever waits here sees, in the next statement's snapshot, all that
-- committed before it. Sequential scans and hash joins are off because a plan made while the tables are
-- small is kept for long; and one plan is kept for batches of every size, because planning each time is
-- most of what a lone command would wait for.
CREATE OR REPLACE FUNCTION ledger.append(
    wanted ledger.new_command[], happened ledger.new_event[],
    claiming ledger.new_claim[], wording ledger.new_words[]
) RETURNS TABLE (
    ordinal integer, outcome text, stream_id uuid, first_version integer, version integer,
    last_position bigint, detail text
)
LANGUAGE plpgsql VOLATILE
SET search_path = ledger
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET enable_hashjoin = off
SET enable_mergejoin = off
AS $append$
#variable_conflict use_column
DECLARE
    base     bigint;
    at       bigint;
    written  integer;
    starting integer;
    advanced integer;
    i        integer := 0;
    c        new_command;
    known    commands%ROWTYPE;
    stands   integer;
    holder   text;
BEGIN
    SELECT h.position INTO STRICT base FROM head h FOR UPDATE;

    -- The common way: nothing repeated, every version as expected, nothing to sort out.
    IF NOT EXISTS (SELECT FROM unnest(claiming) AS k WHERE NOT k.take) AND
       (SELECT true FROM unnest(wanted) AS w JOIN commands USING (tenant, command_id) LIMIT 1) IS NULL
    THEN
        SELECT count(*) FILTER (WHERE w.expected = 0), count(*) FILTER (WHERE w.expected > 0)
          INTO starting, advanced FROM unnest(wanted) AS w WHERE w.version > 0;
        BEGIN
            IF advanced > 0 THEN
                UPDATE streams s
                   SET version = w.version, state = w.state, state_schema = w.state_schema, hash = w.hash
                  FROM unnest(wanted) AS w
                 WHERE s.tenant = w.tenant AND s.stream_id = w.stream_id AND s.version = w.expected
                   AND w.expected > 0;
                GET DIAGNOSTICS written = ROW_COUNT;
                IF written <> advanced THEN
                    RAISE serialization_failure;
                END IF;
            END IF;
            IF starting > 0 THEN
                INSERT INTO streams (tenant, stream_id, kind, version, state, state_schema, hash)
                SELECT w.tenant, w.stream_id, w.kind, w.version, w.state, w.state_schema, w.hash
                  FROM unnest(wanted) AS w WHERE w.expected = 0 AND w.version > 0;
            END IF;
            INSERT INTO events (position, event_id, tenant, stream_id, version, type, schema_version, partition,
                                data, meta, occurred_at, recorded_at, salt, digest, hash)
            SELECT base + n, event_id, tenant, stream_id, version, type, schema_version, partition,
                   data::json, meta, occurred_at, recorded_at, salt, digest, hash
              FROM unnest(happened) WITH ORDINALITY
                   AS e (command, event_id, tenant, stream_id, version, type, schema_version, partition,
                         data, meta, occurred_at, recorded_at, salt, digest, hash, n);
            INSERT INTO commands (tenant, command_id, request, stream_id, first_version, version, position,
                                  recorded_at)
            SELECT w.tenant, w.command_id, w.request, w.stream_id, w.expected + 1, w.version,
                   base + w.through, w.recorded_at
              FROM unnest(wanted) AS w;
            IF cardinality(claiming) > 0 THEN
                INSERT INTO claims (tenant, key, stream_id)
                SELECT wanted[k.command].tenant, k.key, wanted[k.command].stream_id
                  FROM unnest(claiming) AS k;
            END IF;
            IF cardinality(wording) > 0 THEN
                INSERT INTO private_words (tenant, ref, stream_id, salt, words)
                SELECT wanted[w.command].tenant, w.ref, wanted[w.command].stream_id, w.salt, w.words
                  FROM unnest(wording) AS w;
            END IF;
            IF cardinality(happened) > 0 THEN
                UPDATE head SET position = base + cardinality(happened);
                PERFORM pg_notify('ledger', (base + cardinality(happened))::text);
            END IF;
            RETURN QUERY SELECT 0, 'committed'::text, NULL::uuid, NULL::integer, NULL::integer, base, NULL::text;
            RETURN;
        EXCEPTION
            -- Whatever it was, nothing of this attempt remains; the general way finds out whose it was.
            WHEN serialization_failure OR integrity_constraint_violation OR data_exception
                 OR program_limit_exceeded THEN NULL;
        END;
    END IF;

    -- The general way: one command after another, each in a sub-transaction of its own.
    at := base;
    FOREACH c IN ARRAY wanted LOOP
        i := i + 1;
        ordinal := i; stream_id := c.stream_id; first_version := c.expected + 1; version := c.version;
        last_position := NULL; detail := NULL;
        SELECT * INTO known FROM commands d WHERE d.tenant = c.tenant AND d.command_id = c.command_id;
        IF FOUND THEN
            outcome := CASE WHEN known.request = c.request THEN 'repeated' ELSE 'reused' END;
            stream_id := known.stream_id; first_version := known.first_version; version := known.version;
            last_position := known.position;
            RETURN NEXT;
            CONTINUE;
        END IF;
        SELECT s.version INTO stands FROM streams s WHERE s.tenant = c.tenant AND s.stream_id = c.stream_id;
        IF coalesce(stands, 0) <> c.expected THEN
            outcome := 'conflict'; version := coalesce(stands, 0);
            RETURN NEXT;
            CONTINUE;
        END IF;
        BEGIN
            DELETE FROM claims h USING unnest(claiming) AS k
             WHERE k.command = i AND NOT k.take
               AND h.tenant = c.tenant AND h.key = k.key AND h.stream_id = c.stream_id;
            SELECT k.key INTO holder
              FROM unnest(claiming) AS k
              JOIN claims h ON h.tenant = c.tenant AND h.key = k.key AND h.stream_id <> c.stream_id
             WHERE k.command = i AND k.take LIMIT 1;
            IF FOUND THEN
                RAISE EXCEPTION USING ERRCODE = 'CL001', MESSAGE = holder;
            END IF;
            INSERT INTO claims (tenant, key, stream_id)
            SELECT c.tenant, k.key, c.stream_id
              FROM unnest(claiming) AS k WHERE k.command = i AND k.take
                ON CONFLICT DO NOTHING;
            IF c.expected > 0 THEN
                UPDATE streams s
                   SET version = c.version, state = c.state, state_schema = c.state_schema, hash = c.hash
                 WHERE s.tenant = c.tenant AND s.stream_id = c.stream_id;
            ELSIF c.version > 0 THEN
                INSERT INTO streams (tenant, stream_id, kind, version, state, state_schema, hash)
                VALUES (c.tenant, c.stream_id, c.kind, c.version, c.state, c.state_schema, c.hash);
            END IF;
            INSERT INTO events (position, event_id, tenant, stream_id, version, type, schema_version, partition,
                                data, meta, occurred_at, recorded_at, salt, digest, hash)
            SELECT at + e.version - c.expected, e.event_id, e.tenant, e.stream_id, e.version, e.type,
                   e.schema_version, e.partition, e.data::json, e.meta, e.occurred_at, e.recorded_at,
                   e.salt, e.digest, e.hash
              FROM unnest(happened) AS e WHERE e.command = i;
            GET DIAGNOSTICS written = ROW_COUNT;
            INSERT INTO commands (tenant, command_id, request, stream_id, first_version, version, position,
                                  recorded_at)
            VALUES (c.tenant, c.command_id, c.request, c.stream_id, c.expected + 1, c.version, at + written,
                    c.recorded_at);
            INSERT INTO private_words (tenant, ref, stream_id, salt, words)
            SELECT c.tenant, w.ref, c.stream_id, w.salt, w.words
              FROM unnest(wording) AS w WHERE w.command = i;
            at := at + written;
            outcome := 'committed'; last_position := at;
        EXCEPTION
            WHEN SQLSTATE 'CL001' THEN outcome := 'claimed'; detail := SQLERRM;
            WHEN integrity_constraint_violation OR data_exception OR program_limit_exceeded THEN
                outcome := 'failed'; detail := SQLSTATE || ' ' || SQLERRM;
        END;
        RETURN NEXT;
    END LOOP;
    IF at > base THEN
        UPDATE head SET position = at;
        PERFORM pg_notify('ledger', at::text);
    END IF;
END
$append$;
REVOKE ALL ON FUNCTION ledger.append FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ledger.append TO :app;
