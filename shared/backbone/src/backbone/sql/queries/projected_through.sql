-- $1 source: up to where all of its partitions are projected, whoever holds them
SELECT min(position) FROM projections.checkpoints WHERE reader = 'projections' AND source = $1
