-- Samples that ANALYZE took before it was told not to (migration 0023); there are none in a newer database
SELECT pg_clear_attribute_stats('ledger', 'private_words', 'words', false)
