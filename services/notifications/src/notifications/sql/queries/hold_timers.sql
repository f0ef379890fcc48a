-- Whoever works out timers waits for whoever is at it, so that each sees the other's rows.
SELECT pg_advisory_xact_lock(hashtextextended('notifications.timers', 0))
