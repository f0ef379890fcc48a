-- $1 source, $2 incarnation
INSERT INTO incarnations (source, incarnation) VALUES ($1, $2)
    ON CONFLICT (source) DO UPDATE SET incarnation = excluded.incarnation
