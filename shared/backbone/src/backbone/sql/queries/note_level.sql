-- $1 source
UPDATE incarnations SET level_at = now() WHERE source = $1
