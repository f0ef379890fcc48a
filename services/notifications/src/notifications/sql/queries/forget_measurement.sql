DELETE FROM watched_measurements WHERE tenant = $1 AND goal_id = $2 AND measurement_id = $3
