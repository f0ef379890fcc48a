-- $1 sources: whether the rows of each came to where it stood, ever since these tables were made or emptied
SELECT count(*) = cardinality($1::text[]) FROM incarnations WHERE source = ANY ($1) AND level_at IS NOT NULL
