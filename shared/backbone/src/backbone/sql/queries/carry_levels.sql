-- How fresh the live tables were seen holds for those that take their place.
INSERT INTO projections_next.incarnations (source, incarnation, level_at)
SELECT source, incarnation, level_at FROM projections.incarnations
    ON CONFLICT (source) DO UPDATE SET level_at = excluded.level_at
