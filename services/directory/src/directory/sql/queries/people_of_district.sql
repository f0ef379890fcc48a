-- A page of the people of a district
SELECT p.*
  FROM told_people p
 WHERE p.tenant = $1 AND (p.at, p.began) < ($2, $3)
 ORDER BY p.at DESC, p.began DESC
 LIMIT $4
