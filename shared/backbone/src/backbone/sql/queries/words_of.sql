-- $1 tenant, $2 stream id
SELECT ref, words FROM ledger.private_words WHERE tenant = $1 AND stream_id = $2
