-- $1 source: the furthest that any partition of it was read, by whatever reads it here
SELECT coalesce(max(position), 0) FROM checkpoints WHERE source = $1
