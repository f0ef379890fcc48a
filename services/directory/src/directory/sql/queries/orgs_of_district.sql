-- A page of the organisations of a district, each with its name
SELECT l.org_id AS id, l.opened_at AS at, l.began, l.position, w.words AS name, l.type,
       l.parent_id, l.time_zone, l.closed
  FROM listed_orgs l
  LEFT JOIN ledger.private_words w ON w.tenant = l.tenant AND w.ref = l.name_ref
 WHERE l.tenant = $1 AND (l.opened_at, l.began) < ($2, $3)
 ORDER BY l.opened_at DESC, l.began DESC
 LIMIT $4
