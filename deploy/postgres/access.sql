-- Only a service's own two roles enter its database. Reads chalkline.service.
--
-- The databases every cluster has are closed as well: whoever is not invited connects nowhere.
DO $$
DECLARE
    service text := current_setting('chalkline.service');
BEGIN
    EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', service);
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO %I', service, service);
    REVOKE ALL ON DATABASE postgres FROM PUBLIC;
    REVOKE ALL ON DATABASE template1 FROM PUBLIC;
END
$$;
