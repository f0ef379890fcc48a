-- $1 reader, $2 source, $3 partitions, in order so that two who meet here do not deadlock
SELECT partition, position FROM checkpoints
 WHERE reader = $1 AND source = $2 AND partition = ANY ($3::smallint[])
 ORDER BY partition FOR UPDATE
