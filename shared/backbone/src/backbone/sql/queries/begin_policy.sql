-- $1 policy, $2 source, $3 position it starts after: 64 rows, unless the policy has begun
INSERT INTO checkpoints (reader, source, partition, position)
SELECT $1, $2, p, $3 FROM generate_series(0, 63) AS p
    ON CONFLICT DO NOTHING
