-- $1 reader, $2 source, $3 position
DELETE FROM parked WHERE reader = $1 AND source = $2 AND position = $3
