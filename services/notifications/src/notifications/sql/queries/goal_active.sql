UPDATE watched_goals SET active = $3 WHERE tenant = $1 AND goal_id = $2
