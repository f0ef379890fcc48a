-- $1 sources: whether no row of theirs is missing that had been there before: none is being derived anew
SELECT NOT EXISTS (SELECT FROM projections.incarnations WHERE source = ANY ($1::text[]) AND anew AND level_at IS NULL)
