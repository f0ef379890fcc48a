-- Every table of the schema that comes first in the search_path.
SELECT quote_ident(tablename) AS name FROM pg_tables WHERE schemaname = current_schema() ORDER BY tablename
