-- $1 source, $2 the last position that both histories share
UPDATE checkpoints SET position = $2 WHERE source = $1 AND position > $2
