-- $1 tables to leave out
SELECT quote_ident(tablename) AS name FROM pg_tables
 WHERE schemaname = 'projections' AND NOT tablename = ANY ($1::text[]) ORDER BY tablename
