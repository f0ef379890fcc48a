-- $1 name, $2 holder
UPDATE work.leases SET until = '-infinity' WHERE name = $1 AND holder = $2
