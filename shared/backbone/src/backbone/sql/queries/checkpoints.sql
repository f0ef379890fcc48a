-- $1 reader, $2 source; with the moment at which this was so
SELECT partition, position, clock_timestamp() AS now FROM checkpoints WHERE reader = $1 AND source = $2
