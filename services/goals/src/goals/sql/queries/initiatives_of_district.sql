-- A page of the initiatives of a district, each with its name
SELECT l.initiative_id AS id, l.launched_at AS at, l.began, l.position, w.words AS name, l.focus, l.begins, l.ends,
       l.status
  FROM listed_initiatives l
  LEFT JOIN ledger.private_words w ON w.tenant = l.tenant AND w.ref = l.name_ref
 WHERE l.tenant = $1 AND (l.launched_at, l.began) < ($2, $3)
 ORDER BY l.launched_at DESC, l.began DESC
 LIMIT $4
