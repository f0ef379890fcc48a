-- $1 holder: its partitions are free at once, and those that stay share them
WITH gone AS (DELETE FROM work.replicas WHERE holder = $1)
UPDATE work.partitions SET holder = NULL WHERE holder = $1
