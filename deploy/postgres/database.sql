-- The statement that creates a service's database, or no row when it is there.
-- (CREATE DATABASE takes no parameters and no transaction, so the name is quoted here and run as it is.)
SELECT format('CREATE DATABASE %I OWNER %I', $1::text, $1::text || '_owner') AS statement
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = $1::text);
