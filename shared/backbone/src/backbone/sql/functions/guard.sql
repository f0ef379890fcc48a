-- The second net: of every table of a schema that has a tenant, those who read for somebody are shown the rows of
-- the districts they asked for, whatever their query forgets; who has asked for none is shown none.
--
-- `app` is the application's role, which writes and serves all; `reader` the role it reads for somebody as.
-- What a reading connection asks for is its setting `chalkline.tenants`, an array; backbone/reads.py sets it. It is
-- looked up once a table and statement, not once a row: hence the subquery. The CASE
-- keeps planners from counting the tenant twice: what a query itself says of it is what finds rows. Views are read
-- with the rights of who asks.
-- Safe to run again: what is guarded already is left alone.
CREATE OR REPLACE FUNCTION ledger.guard(within text, app text, reader text) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    found record;
BEGIN
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO %I', within, reader);
    FOR found IN
        SELECT c.oid::regclass AS name, c.relkind AS kind, c.relrowsecurity AS guarded
          FROM pg_class c
          JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant' AND NOT a.attisdropped
         WHERE c.relnamespace = within::regnamespace AND c.relkind IN ('r', 'p', 'v')
    LOOP
        IF found.kind = 'v' THEN
            EXECUTE format('ALTER VIEW %s SET (security_invoker = true)', found.name);
        ELSIF NOT found.guarded THEN
            EXECUTE format('CREATE POLICY all_rows ON %s TO %I USING (true) WITH CHECK (true)', found.name, app);
            EXECUTE format(
                'CREATE POLICY rows_of_those_asked_for ON %s FOR SELECT TO %I USING (CASE WHEN tenant = ANY (('
                'SELECT nullif(current_setting(''chalkline.tenants'', true), '''')::uuid[])::uuid[]) '
                'THEN true ELSE false END)', found.name, reader);
            EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', found.name);
        END IF;
        EXECUTE format('GRANT SELECT ON %s TO %I', found.name, reader);
    END LOOP;
END
$$;
