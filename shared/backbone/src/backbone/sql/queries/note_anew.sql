-- $1 sources that had been read before these tables were made or emptied
INSERT INTO incarnations (source, anew) SELECT unnest($1::text[]), true
    ON CONFLICT (source) DO UPDATE SET anew = true
