-- $1 tenant, $2 erasure
UPDATE work.erasures SET attested_at = now() WHERE tenant = $1 AND erasure_id = $2
