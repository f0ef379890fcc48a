-- $1 tenant: how many legal holds stand on its people
SELECT count(*) FROM projections.holds WHERE tenant = $1
