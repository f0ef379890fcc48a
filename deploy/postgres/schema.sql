-- Run inside a service's database: nobody but its owner creates anything there.
-- What the application may read and write is granted by the service's migrations, table by table.
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
