-- $1 reader, $2 source
SELECT partition, position FROM checkpoints WHERE reader = $1 AND source = $2
