-- A page of the active people who hold a role ($5) somewhere on a day ($6), of one experience band
-- ($7) or of any; who holds several is there once
SELECT p.*
  FROM (SELECT DISTINCT ON (h.enrolled_at, h.began) h.person_id
          FROM listed_roles h
         WHERE h.tenant = $1 AND h.role = $5 AND (h.enrolled_at, h.began) < ($2, $3)
           AND $6::date BETWEEN h.begins AND coalesce(h.ends, 'infinity')
           AND (SELECT l.active AND ($7::text IS NULL OR l.experience_band = $7)
                  FROM listed_people l
                 WHERE l.tenant = h.tenant AND l.person_id = h.person_id)
         ORDER BY h.enrolled_at DESC, h.began DESC
         LIMIT $4) AS h
  JOIN told_people p ON p.tenant = $1 AND p.id = h.person_id
 ORDER BY p.at DESC, p.began DESC
