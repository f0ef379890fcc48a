-- Which erasures this service has carried out, and how many texts went; never rebuilt, so that a database restored from
-- before knows that it has to do them again. What there is to erase is told by directory (`projections.erasures`).
CREATE TABLE work.erasures (
    tenant      uuid NOT NULL,
    erasure_id  uuid NOT NULL,
    n_items     integer NOT NULL DEFAULT 0,
    done_at     timestamptz,
    attested_at timestamptz,
    PRIMARY KEY (tenant, erasure_id)
);
GRANT SELECT, UPDATE ON work.erasures TO :app;

-- While there is a row no words are told: erasures may have been lost with a log, and the operator has yet to say that
-- they were asked for again.
CREATE TABLE work.words_withheld (
    reason text PRIMARY KEY,
    since  timestamptz NOT NULL DEFAULT now()
);
GRANT SELECT ON work.words_withheld TO :app;

-- No statistics of what people wrote: ANALYZE would keep samples of it in the catalogue, where nobody erases them.
ALTER TABLE ledger.private_words ALTER COLUMN words SET STATISTICS 0, ALTER COLUMN salt SET STATISTICS 0;
