-- $1 tenant: the school years in which cycles started
SELECT DISTINCT year FROM figured_cycles WHERE tenant = $1 ORDER BY year
