-- $1 source, $2 partition: whoever reads it live waits until this transaction ends
SELECT position FROM checkpoints WHERE source = $1 AND partition = $2 ORDER BY reader FOR UPDATE
