SELECT tenant, cycle_id FROM watched_cycles WHERE tenant = $1 AND open
