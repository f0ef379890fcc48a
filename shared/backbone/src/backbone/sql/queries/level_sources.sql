-- $1 seconds
SELECT source FROM incarnations WHERE level_at > now() - make_interval(secs => $1)
