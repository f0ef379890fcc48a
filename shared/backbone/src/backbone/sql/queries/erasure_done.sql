-- $1 tenant, $2 erasure
UPDATE work.erasures SET done_at = now() WHERE tenant = $1 AND erasure_id = $2
RETURNING n_items
