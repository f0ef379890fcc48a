-- $1 reader, $2 source, $3 tenant, $4 aggregate
SELECT position, subject, payload, headers FROM parked
 WHERE reader = $1 AND source = $2 AND tenant = $3 AND aggregate_id = $4
 ORDER BY position LIMIT 1 FOR UPDATE
