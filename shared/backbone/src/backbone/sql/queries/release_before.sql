-- $1 tenant, $2 school year: what was released of it last
SELECT month, told, kept FROM work.releases WHERE tenant = $1 AND year = $2
