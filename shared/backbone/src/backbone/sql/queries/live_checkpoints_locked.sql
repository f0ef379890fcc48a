SELECT source, partition, position FROM projections.checkpoints ORDER BY source, reader, partition FOR UPDATE
