SELECT tenant, cycle_id FROM watched_cycles WHERE tenant = $1 AND partnership_id = $2 AND open
