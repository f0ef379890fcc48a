-- The two roles of one service. Passwords are those in the service's secrets folder, so running this
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
    EXECUTE format('ALTER ROLE %I SET idle_in_transaction_session_timeout = ''5s''', service);
    EXECUTE format('ALTER ROLE %I SET transaction_timeout = ''30s''', service);
    EXECUTE format('ALTER ROLE %I SET statement_timeout = ''20s''', service);
    EXECUTE format('ALTER ROLE %I SET lock_timeout = ''10s''', service);
END
$$;
