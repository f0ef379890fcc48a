-- $1 reader, $2 source, $3 partitions, $4 positions
UPDATE checkpoints c SET position = n.position
  FROM unnest($3::smallint[], $4::bigint[]) AS n (partition, position)
 WHERE c.reader = $1 AND c.source = $2 AND c.partition = n.partition
