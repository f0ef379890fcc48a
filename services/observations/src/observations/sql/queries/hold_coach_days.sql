-- Whoever works out days waits for whoever is at it, so that each sees the other's stretches
SELECT pg_advisory_xact_lock(hashtextextended('observations.coach_days', 0))
