SELECT source FROM incarnations ORDER BY source
