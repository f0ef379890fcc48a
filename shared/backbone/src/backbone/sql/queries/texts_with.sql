-- $1 words in small letters, $2 how many at most, $3 one district, or nothing for all: references of private words that
-- have one of them
SELECT w.ref, w.tenant, w.stream_id, coalesce(s.kind, '') AS kind
  FROM ledger.private_words w
  LEFT JOIN ledger.streams s ON s.tenant = w.tenant AND s.stream_id = w.stream_id
 WHERE EXISTS (SELECT FROM unnest($1::text[]) AS word WHERE position(word IN lower(w.words)) > 0)
   AND ($3::uuid IS NULL OR w.tenant = $3)
 ORDER BY w.ref
 LIMIT $2
