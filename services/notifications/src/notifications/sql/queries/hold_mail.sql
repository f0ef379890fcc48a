-- Whoever claims mails waits for whoever is at it, so that no digest is claimed in halves.
SELECT pg_advisory_xact_lock(hashtextextended('notifications.mail', 0))
