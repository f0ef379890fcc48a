-- Up to which position everything that was told is in `mail`, whoever projects it
SELECT coalesce(min(position), 0) FROM checkpoints WHERE reader = 'projections' AND source = 'notifications'
