-- $1 source: whether its rows came to where it stood, ever since these tables were made or emptied
SELECT coalesce((SELECT level_at IS NOT NULL FROM incarnations WHERE source = $1), false)
