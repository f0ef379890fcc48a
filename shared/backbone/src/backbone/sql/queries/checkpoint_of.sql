-- $1 source, $2 partition
SELECT position FROM checkpoints WHERE reader = 'projections' AND source = $1 AND partition = $2
