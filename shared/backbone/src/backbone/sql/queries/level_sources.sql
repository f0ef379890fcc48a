-- $1 seconds: which sources were seen level since, and how many seconds ago
SELECT source, extract(epoch FROM now() - level_at)::float8 AS age
  FROM incarnations WHERE level_at > now() - make_interval(secs => $1)
