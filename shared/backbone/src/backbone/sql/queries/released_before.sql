-- $1 tenant: what was released last of each school year
SELECT year, month, told, kept FROM work.releases WHERE tenant = $1
