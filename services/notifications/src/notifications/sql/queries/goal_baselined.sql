UPDATE watched_goals SET baselined = $3 WHERE tenant = $1 AND goal_id = $2
