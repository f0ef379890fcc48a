-- All checkpoints of this schema, in the order in which everybody locks them
SELECT position FROM checkpoints ORDER BY source, reader, partition FOR UPDATE
