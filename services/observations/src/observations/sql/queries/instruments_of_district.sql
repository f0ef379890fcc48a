-- A page of a district's instruments, each as its latest version says
SELECT l.instrument_id AS id, l.published_at AS at, l.began, l.position, l.instrument, w.words AS name, l.framework,
       l.items, l.lowest, l.highest, l.status
  FROM listed_instruments l
  LEFT JOIN ledger.private_words w ON w.tenant = l.tenant AND w.ref = l.name_ref
 WHERE l.tenant = $1 AND (l.published_at, l.began) < ($2, $3)
 ORDER BY l.published_at DESC, l.began DESC
 LIMIT $4
