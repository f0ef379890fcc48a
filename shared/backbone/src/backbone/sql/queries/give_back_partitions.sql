-- $1 holder, $2 partitions: free for whoever lives and has too few
UPDATE work.partitions SET holder = NULL WHERE holder = $1 AND partition = ANY ($2::smallint[])
