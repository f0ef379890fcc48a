UPDATE watched_cycles SET open = false WHERE tenant = $1 AND cycle_id = $2
