-- $1 reader, $2 source, $3 position up to which everything was handled
UPDATE checkpoints SET position = $3 WHERE reader = $1 AND source = $2 AND position < $3
