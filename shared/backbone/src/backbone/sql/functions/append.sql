-- ledger.append: commits a batch of commands, each whole or not at all.
--
-- Arrays of equal length describe the commands (c_*), their events (e_*), the claims they take or give
-- back (k_*) and their private words (w_*); e_command, k_command and w_command hold the 1-based ordinal
-- of the command they belong to. Text stays text until it is cast in here, so a value that PostgreSQL
-- will not store fails its own command only.
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
    c_tenant uuid[], c_command uuid[], c_request bytea[], c_stream uuid[], c_kind text[],
    c_expected integer[], c_version integer[], c_through integer[],
    c_state bytea[], c_schema integer[], c_hash bytea[], c_recorded timestamptz[],
    e_command integer[], e_id uuid[], e_version integer[], e_type text[], e_schema integer[],
    e_partition smallint[], e_data text[], e_meta bytea[], e_occurred timestamptz[],
    e_salt bytea[], e_digest bytea[], e_hash bytea[],
    k_command integer[], k_key text[], k_take boolean[],
    w_command integer[], w_ref uuid[], w_salt bytea[], w_words text[]
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
    started  integer := 0;
    advanced integer := 0;
    i        integer;
    known    commands%ROWTYPE;
    stands   integer;
    holder   text;
BEGIN
    SELECT h.position INTO STRICT base FROM head h FOR UPDATE;

    -- The common way: nothing repeated, every version as expected, nothing to sort out.
    IF NOT false = ANY (k_take) AND
       (SELECT true FROM unnest(c_tenant, c_command) AS c (tenant, id)
                    JOIN commands USING (tenant) WHERE command_id = c.id LIMIT 1) IS NULL
    THEN
        FOR i IN 1 .. cardinality(c_command) LOOP
            IF c_version[i] > 0 THEN
                IF c_expected[i] = 0 THEN started := started + 1; ELSE advanced := advanced + 1; END IF;
            END IF;
        END LOOP;
        BEGIN
            IF advanced > 0 THEN
                UPDATE streams s
                   SET version = c.version, state = c.state, state_schema = c.schema, hash = c.hash
                  FROM unnest(c_tenant, c_stream, c_expected, c_version, c_state, c_schema, c_hash)
                       AS c (tenant, stream, expected, version, state, schema, hash)
                 WHERE s.tenant = c.tenant AND s.stream_id = c.stream AND s.version = c.expected
                   AND c.expected > 0;
                GET DIAGNOSTICS written = ROW_COUNT;
                IF written <> advanced THEN
                    RAISE serialization_failure;
                END IF;
            END IF;
            IF started > 0 THEN
                INSERT INTO streams (tenant, stream_id, kind, version, state, state_schema, hash)
                SELECT c.tenant, c.stream, c.kind, c.version, c.state, c.schema, c.hash
                  FROM unnest(c_tenant, c_stream, c_kind, c_expected, c_version, c_state, c_schema, c_hash)
                       AS c (tenant, stream, kind, expected, version, state, schema, hash)
                 WHERE c.expected = 0 AND c.version > 0;
            END IF;
            INSERT INTO events (position, event_id, tenant, stream_id, version, type, schema_version, partition,
                                data, meta, occurred_at, recorded_at, salt, digest, hash)
            SELECT base + e.n, e.id, c_tenant[e.command], c_stream[e.command], e.version, e.type, e.schema,
                   e.partition, e.data::json, e.meta, e.occurred, c_recorded[e.command], e.salt, e.digest, e.hash
              FROM unnest(e_command, e_id, e_version, e_type, e_schema, e_partition, e_data, e_meta, e_occurred,
                          e_salt, e_digest, e_hash) WITH ORDINALITY
                   AS e (command, id, version, type, schema, partition, data, meta, occurred, salt, digest, hash, n);
            INSERT INTO commands (tenant, command_id, request, stream_id, first_version, version, position,
                                  recorded_at)
            SELECT c.tenant, c.id, c.request, c.stream, c.expected + 1, c.version, base + c.through, c.recorded
              FROM unnest(c_tenant, c_command, c_request, c_stream, c_expected, c_version, c_through, c_recorded)
                   AS c (tenant, id, request, stream, expected, version, through, recorded);
            IF cardinality(k_key) > 0 THEN
                INSERT INTO claims (tenant, key, stream_id)
                SELECT c_tenant[k.command], k.key, c_stream[k.command]
                  FROM unnest(k_command, k_key) AS k (command, key);
            END IF;
            IF cardinality(w_ref) > 0 THEN
                INSERT INTO private_words (tenant, ref, stream_id, salt, words)
                SELECT c_tenant[w.command], w.ref, c_stream[w.command], w.salt, w.words
                  FROM unnest(w_command, w_ref, w_salt, w_words) AS w (command, ref, salt, words);
            END IF;
            IF cardinality(e_id) > 0 THEN
                UPDATE head SET position = base + cardinality(e_id);
                PERFORM pg_notify('ledger', (base + cardinality(e_id))::text);
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
    FOR i IN 1 .. cardinality(c_command) LOOP
        ordinal := i; stream_id := c_stream[i]; first_version := c_expected[i] + 1; version := c_version[i];
        last_position := NULL; detail := NULL;
        SELECT * INTO known FROM commands c WHERE c.tenant = c_tenant[i] AND c.command_id = c_command[i];
        IF FOUND THEN
            outcome := CASE WHEN known.request = c_request[i] THEN 'repeated' ELSE 'reused' END;
            stream_id := known.stream_id; first_version := known.first_version; version := known.version;
            last_position := known.position;
            RETURN NEXT;
            CONTINUE;
        END IF;
        SELECT s.version INTO stands FROM streams s
         WHERE s.tenant = c_tenant[i] AND s.stream_id = c_stream[i];
        IF coalesce(stands, 0) <> c_expected[i] THEN
            outcome := 'conflict'; version := coalesce(stands, 0);
            RETURN NEXT;
            CONTINUE;
        END IF;
        BEGIN
            DELETE FROM claims c USING unnest(k_command, k_key, k_take) AS k (command, key, take)
             WHERE k.command = i AND NOT k.take
               AND c.tenant = c_tenant[i] AND c.key = k.key AND c.stream_id = c_stream[i];
            SELECT k.key INTO holder
              FROM unnest(k_command, k_key, k_take) AS k (command, key, take)
              JOIN claims c ON c.tenant = c_tenant[i] AND c.key = k.key AND c.stream_id <> c_stream[i]
             WHERE k.command = i AND k.take LIMIT 1;
            IF FOUND THEN
                RAISE EXCEPTION USING ERRCODE = 'CL001', MESSAGE = holder;
            END IF;
            INSERT INTO claims (tenant, key, stream_id)
            SELECT c_tenant[i], k.key, c_stream[i]
              FROM unnest(k_command, k_key, k_take) AS k (command, key, take) WHERE k.command = i AND k.take
                ON CONFLICT DO NOTHING;
            IF c_expected[i] > 0 THEN
                UPDATE streams s
                   SET version = c_version[i], state = c_state[i], state_schema = c_schema[i], hash = c_hash[i]
                 WHERE s.tenant = c_tenant[i] AND s.stream_id = c_stream[i];
            ELSIF c_version[i] > 0 THEN
                INSERT INTO streams (tenant, stream_id, kind, version, state, state_schema, hash)
                VALUES (c_tenant[i], c_stream[i], c_kind[i], c_version[i], c_state[i], c_schema[i], c_hash[i]);
            END IF;
            INSERT INTO events (position, event_id, tenant, stream_id, version, type, schema_version, partition,
                                data, meta, occurred_at, recorded_at, salt, digest, hash)
            SELECT at + e.version - c_expected[i], e.id, c_tenant[i], c_stream[i], e.version, e.type, e.schema,
                   e.partition, e.data::json, e.meta, e.occurred, c_recorded[i], e.salt, e.digest, e.hash
              FROM unnest(e_command, e_id, e_version, e_type, e_schema, e_partition, e_data, e_meta, e_occurred,
                          e_salt, e_digest, e_hash)
                   AS e (command, id, version, type, schema, partition, data, meta, occurred, salt, digest, hash)
             WHERE e.command = i;
            GET DIAGNOSTICS written = ROW_COUNT;
            INSERT INTO commands (tenant, command_id, request, stream_id, first_version, version, position,
                                  recorded_at)
            VALUES (c_tenant[i], c_command[i], c_request[i], c_stream[i], c_expected[i] + 1, c_version[i],
                    at + written, c_recorded[i]);
            INSERT INTO private_words (tenant, ref, stream_id, salt, words)
            SELECT c_tenant[i], w.ref, c_stream[i], w.salt, w.words
              FROM unnest(w_command, w_ref, w_salt, w_words) AS w (command, ref, salt, words)
             WHERE w.command = i;
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
