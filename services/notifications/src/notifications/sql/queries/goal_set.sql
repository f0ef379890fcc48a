UPDATE watched_goals SET set_at = $3, active = true WHERE tenant = $1 AND goal_id = $2
