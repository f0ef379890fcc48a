-- $1 source, $2 where it stood, $3 when that was: level means that every partition has come so far since.
-- $4 a partition and $5 the epoch in which whoever says so holds it, or nothing where it shares with nobody
UPDATE incarnations SET level_at = greatest(level_at, $3)
 WHERE source = $1
   AND ($4::smallint IS NULL OR EXISTS (SELECT FROM work.partitions WHERE partition = $4 AND epoch = $5))
   AND $2 <= (SELECT min(position) FROM checkpoints WHERE reader = 'projections' AND source = $1)
