-- What was asked to be erased and is not attested here yet, oldest first (ids are of their moment, more or less)
SELECT e.tenant, e.erasure_id, e.person_id, e.refs, w.done_at IS NOT NULL AS done, coalesce(w.n_items, 0) AS n_items
  FROM erasures e
  LEFT JOIN work.erasures w ON w.tenant = e.tenant AND w.erasure_id = e.erasure_id
 WHERE w.attested_at IS NULL
 ORDER BY e.tenant, e.erasure_id
