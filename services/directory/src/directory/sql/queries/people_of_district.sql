-- A page of the people of a district, each with name and the roles they hold or are to hold
SELECT l.person_id AS id, l.enrolled_at AS at, l.position, w.words AS name, l.experience_band, l.active,
       CASE WHEN l.active THEN
            coalesce((SELECT jsonb_agg(jsonb_build_object('role', r.role, 'org_id', r.org_id, 'begin', r.begins,
                                                          'end', r.ends) ORDER BY r.role, r.org_id)
                        FROM roles r
                       WHERE r.tenant = l.tenant AND r.person_id = l.person_id AND NOT r.withdrawn), '[]')
            ELSE '[]' END AS roles
  FROM listed_people l
  LEFT JOIN ledger.private_words w ON w.tenant = l.tenant AND w.ref = l.name_ref
 WHERE l.tenant = $1 AND (l.enrolled_at, l.person_id) < ($2, $3)
 ORDER BY l.enrolled_at DESC, l.person_id DESC
 LIMIT $4
