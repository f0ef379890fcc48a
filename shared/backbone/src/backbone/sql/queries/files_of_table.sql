-- $1 a table: its file, and that of its long values, below PostgreSQL's data folder
SELECT array_remove(ARRAY[pg_relation_filepath(c.oid), pg_relation_filepath(nullif(c.reltoastrelid, 0))], NULL)
  FROM pg_class c WHERE c.oid = $1::text::regclass
