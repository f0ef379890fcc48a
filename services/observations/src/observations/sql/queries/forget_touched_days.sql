DELETE FROM touched_days
