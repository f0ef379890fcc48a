-- ledger.expire_words: deletes the private words of aggregates whose time is over, and counts them with the same commit.
--
-- Of aggregates that have not changed since `before`, and `before` is as long ago as the district's policy keeps the
-- class of content, by its own clock. Asked twice, or by a process that was killed in between, a word is deleted and
-- counted once. Returns how many went.
CREATE OR REPLACE FUNCTION ledger.expire_words(
    its_tenant uuid, its_expiry uuid, its_class text, stream_ids uuid[], before timestamptz
) RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $expire$
DECLARE
    kept interval;
    its_now timestamptz;
    gone integer;
BEGIN
    SELECT make_interval(days => (p.told -> 'retention' ->> its_class)::integer),
           CASE WHEN d.sandbox THEN d.clock ELSE now() END
      INTO kept, its_now
      FROM projections.districts d
      JOIN projections.policies p USING (tenant)
     WHERE d.tenant = its_tenant;
    IF kept IS NULL OR before > its_now - kept THEN
        RAISE EXCEPTION 'the district keeps its % longer', its_class;
    END IF;
    INSERT INTO work.erasures (tenant, erasure_id) VALUES (its_tenant, its_expiry) ON CONFLICT DO NOTHING;
    PERFORM FROM work.erasures WHERE tenant = its_tenant AND erasure_id = its_expiry FOR UPDATE;
    DELETE FROM ledger.private_words w
     WHERE w.tenant = its_tenant AND w.stream_id = ANY (stream_ids)
       AND NOT EXISTS (SELECT FROM ledger.events e
                        WHERE e.tenant = w.tenant AND e.stream_id = w.stream_id AND e.recorded_at >= before);
    GET DIAGNOSTICS gone = ROW_COUNT;
    UPDATE work.erasures SET n_items = n_items + gone, done_at = now()
     WHERE tenant = its_tenant AND erasure_id = its_expiry;
    RETURN gone;
END
$expire$;
REVOKE ALL ON FUNCTION ledger.expire_words FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ledger.expire_words TO :app;
