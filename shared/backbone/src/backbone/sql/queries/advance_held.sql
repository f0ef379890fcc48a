-- $1 reader, $2 source, $3 partitions, $4 positions, $5 epochs: moved only where the partition is still held in
-- that epoch. Whoever moves has locked the rows first, so who takes a partition meanwhile finds them moved.
UPDATE checkpoints c SET position = n.position
  FROM unnest($3::smallint[], $4::bigint[], $5::bigint[]) AS n (partition, position, epoch)
  JOIN work.partitions p ON p.partition = n.partition AND p.epoch = n.epoch
 WHERE c.reader = $1 AND c.source = $2 AND c.partition = n.partition
