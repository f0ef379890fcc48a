-- A page of the people of one experience band ($5), active ones ($6 true), others (false) or all (null)
SELECT p.*
  FROM told_people p
 WHERE p.tenant = $1 AND p.experience_band = $5 AND (p.at, p.began) < ($2, $3)
   AND ($6::boolean IS NULL OR p.active = $6)
 ORDER BY p.at DESC, p.began DESC
 LIMIT $4
