-- $1 tenant, $2 events that are their author's alone: the words that some other event refers to
SELECT w.ref, w.stream_id, w.words
  FROM ledger.private_words w
 WHERE w.tenant = $1
   AND EXISTS (SELECT FROM ledger.events e
                WHERE e.tenant = w.tenant AND e.stream_id = w.stream_id AND e.type <> ALL ($2::text[])
                  AND position(w.ref::text IN e.data::text) > 0)
 ORDER BY w.ref
