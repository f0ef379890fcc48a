-- $1 tenant, $2 milestone
SELECT kept FROM work.rehearsed WHERE tenant = $1 AND milestone = $2
