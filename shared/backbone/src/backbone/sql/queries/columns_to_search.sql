-- Every table of this database that is not PostgreSQL's own: its columns that can hold words, and which are bytes
SELECT n.nspname AS schema, c.relname AS name,
       array_agg(a.attname::text ORDER BY a.attnum) AS columns,
       coalesce(array_agg(a.attname::text ORDER BY a.attnum) FILTER (WHERE a.atttypid = 'bytea'::regtype), '{}') AS bytes
  FROM pg_class c
  JOIN pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
  JOIN pg_type t ON t.oid = a.atttypid
 WHERE c.relkind IN ('r', 'm', 'p') AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
   AND n.nspname NOT LIKE 'pg\_temp%'
   AND (t.typcategory = 'S' OR t.typname IN ('json', 'jsonb', 'bytea', 'hstore', 'xml', '_text', '_varchar', '_json', '_jsonb'))
 GROUP BY 1, 2
 ORDER BY 1, 2
