-- $1 source, $2 policies: up to where all of its partitions were reacted to, whoever holds them
SELECT min(position) FROM work.checkpoints WHERE source = $1 AND reader = ANY ($2::text[])
