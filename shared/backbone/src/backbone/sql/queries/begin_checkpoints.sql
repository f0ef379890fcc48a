-- $1 reader, $2 source: 64 rows at zero, unless they are there
INSERT INTO checkpoints (reader, source, partition, position)
SELECT $1, $2, p, 0 FROM generate_series(0, 63) AS p
    ON CONFLICT DO NOTHING
