-- $1 source, $2 seconds since it was seen level
UPDATE incarnations SET level_at = greatest(level_at, now() - make_interval(secs => $2)) WHERE source = $1
