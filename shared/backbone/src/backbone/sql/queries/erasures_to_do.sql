-- What was asked to be erased and is not attested here yet, or kept by a legal hold that was lifted since; oldest first
-- (ids are of their moment, more or less)
SELECT e.tenant, e.erasure_id, e.person_id, e.refs, e.position, w.done_at IS NOT NULL AND NOT l.lifted AS done,
       coalesce(w.n_items, 0) AS n_items, coalesce(w.n_held, 0) AS n_held
  FROM erasures e
  LEFT JOIN work.erasures w ON w.tenant = e.tenant AND w.erasure_id = e.erasure_id
 CROSS JOIN LATERAL (
       SELECT EXISTS (SELECT FROM unnest(w.held_by) AS k (person_id)
                       WHERE NOT EXISTS (SELECT FROM holds h
                                          WHERE h.tenant = e.tenant AND h.person_id = k.person_id)) AS lifted) AS l
 WHERE w.attested_at IS NULL OR l.lifted
 ORDER BY e.tenant, e.erasure_id
