-- $1 tenant, $2 expiry: how many texts went
SELECT n_items FROM work.erasures WHERE tenant = $1 AND erasure_id = $2
