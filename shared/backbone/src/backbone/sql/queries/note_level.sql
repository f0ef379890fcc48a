-- $1 source, $2 where it stood, $3 when that was: level means that every partition has come so far since.
-- $4 a partition and $5 the epoch in which whoever says so holds it, or nothing where it shares with nobody
INSERT INTO incarnations AS known (source, level_at)
SELECT $1, $3
 WHERE ($4::smallint IS NULL OR EXISTS (SELECT FROM work.partitions WHERE partition = $4 AND epoch = $5))
   AND $2 <= (SELECT min(position) FROM checkpoints WHERE reader = 'projections' AND source = $1)
    ON CONFLICT (source) DO UPDATE SET level_at = greatest(known.level_at, excluded.level_at)
