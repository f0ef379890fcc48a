-- A page of the people of a district who are active ($5 true) or are no more
SELECT p.*
  FROM told_people p
 WHERE p.tenant = $1 AND p.active = $5 AND (p.at, p.began) < ($2, $3)
 ORDER BY p.at DESC, p.began DESC
 LIMIT $4
