-- Every table of this database that is not PostgreSQL's own: its columns that can hold words, which are bytes, and whether its
-- rows are a district's
SELECT n.nspname AS schema, c.relname AS name,
       array_agg(a.attname::text ORDER BY a.attnum) AS columns,
       coalesce(array_agg(a.attname::text ORDER BY a.attnum) FILTER (WHERE a.atttypid = 'bytea'::regtype), '{}') AS bytes,
       EXISTS (SELECT FROM pg_attribute t
                WHERE t.attrelid = c.oid AND t.attname = 'tenant' AND t.atttypid = 'uuid'::regtype) AS of_tenant
  FROM pg_class c
  JOIN pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
  JOIN pg_type t ON t.oid = a.atttypid
 WHERE c.relkind IN ('r', 'm', 'p') AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
   AND n.nspname NOT LIKE 'pg\_temp%'
   AND (t.typcategory = 'S' OR t.typname IN ('json', 'jsonb', 'bytea', 'hstore', 'xml', '_text', '_varchar', '_json', '_jsonb'))
 GROUP BY c.oid, 1, 2
 ORDER BY 1, 2
