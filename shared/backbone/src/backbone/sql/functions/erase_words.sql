-- ledger.erase_words: deletes private words for an erasure, and counts them with the same commit.
--
-- The only way in which the application's role may delete a word: by an erasure that directory has told this service of.
-- Asked twice, or by a process that was killed in between, a word is deleted and counted once. Returns how many went.
CREATE OR REPLACE FUNCTION ledger.erase_words(its_tenant uuid, its_erasure uuid, refs uuid[]) RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $erase$
DECLARE
    gone integer;
BEGIN
    IF NOT EXISTS (SELECT FROM projections.erasures e WHERE e.tenant = its_tenant AND e.erasure_id = its_erasure) THEN
        RAISE EXCEPTION 'no erasure % is known here', its_erasure;
    END IF;
    INSERT INTO work.erasures (tenant, erasure_id) VALUES (its_tenant, its_erasure) ON CONFLICT DO NOTHING;
    PERFORM FROM work.erasures WHERE tenant = its_tenant AND erasure_id = its_erasure FOR UPDATE;
    DELETE FROM ledger.private_words w WHERE w.tenant = its_tenant AND w.ref = ANY (refs);
    GET DIAGNOSTICS gone = ROW_COUNT;
    UPDATE work.erasures SET n_items = n_items + gone WHERE tenant = its_tenant AND erasure_id = its_erasure;
    RETURN gone;
END
$erase$;
REVOKE ALL ON FUNCTION ledger.erase_words FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ledger.erase_words TO :app;
