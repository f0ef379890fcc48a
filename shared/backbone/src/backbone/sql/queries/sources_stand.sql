-- How far each source was read, all partitions together: a number that falls when the database goes back
SELECT source, sum(position) AS stands FROM checkpoints WHERE reader = 'projections' GROUP BY source
