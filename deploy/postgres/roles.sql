-- The three roles of one service. Passwords are those in the service's secrets folder, so running this
-- again after a rotation is all a rotation needs.
--
-- Reads its parameters from settings of this transaction: chalkline.service, chalkline.database_password,
-- chalkline.owner_password.
--
-- The application's role may connect and use what migrations grant it. Its limits keep one forgotten
-- transaction from holding up everybody who waits for the service's head row.
DO $$
DECLARE
    service text := current_setting('chalkline.service');
    owner   text := current_setting('chalkline.service') || '_owner';
    reader  text := current_setting('chalkline.service') || '_reader';
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = owner) THEN
        EXECUTE format('CREATE ROLE %I', owner);
    END IF;
    EXECUTE format(
        'ALTER ROLE %I LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD %L',
        owner, current_setting('chalkline.owner_password'));

    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = service) THEN
        EXECUTE format('CREATE ROLE %I', service);
    END IF;
    EXECUTE format(
        'ALTER ROLE %I LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD %L',
        service, current_setting('chalkline.database_password'));
    -- Nobody logs in as the reader: the application becomes it to read for somebody, and sees what policies show.
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = reader) THEN
        EXECUTE format('CREATE ROLE %I NOLOGIN', reader);
    END IF;
    EXECUTE format('GRANT %I TO %I WITH INHERIT FALSE, SET TRUE', reader, service);
    EXECUTE format('ALTER ROLE %I SET idle_in_transaction_session_timeout = ''5s''', service);
    EXECUTE format('ALTER ROLE %I SET transaction_timeout = ''30s''', service);
    EXECUTE format('ALTER ROLE %I SET statement_timeout = ''20s''', service);
    EXECUTE format('ALTER ROLE %I SET lock_timeout = ''10s''', service);
END
$$;
