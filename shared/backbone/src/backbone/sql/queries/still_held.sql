-- $1 partition, $2 epoch
SELECT true FROM work.partitions WHERE partition = $1 AND epoch = $2
