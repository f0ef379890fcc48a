-- $1 reader, $2 source, $3 position, $4 what went wrong this time
UPDATE parked SET error = $4, parked_at = now() WHERE reader = $1 AND source = $2 AND position = $3
