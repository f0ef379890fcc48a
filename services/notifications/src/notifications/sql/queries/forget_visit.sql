DELETE FROM watched_visits WHERE tenant = $1 AND observation_id = $2
