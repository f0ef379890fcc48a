-- $1 tenant, $2 erasure, $3 how many texts legal holds on others keep, $4 whose holds; other numbers are attested anew
UPDATE work.erasures
   SET done_at = now(), n_held = $3, held_by = $4,
       attested_at = CASE WHEN n_held = $3 THEN attested_at END
 WHERE tenant = $1 AND erasure_id = $2
RETURNING n_items
