-- The cycles and partnerships that depend on anything that was touched.
SELECT tenant, own_id AS watch_id FROM touched WHERE kind IN ('Cycle', 'Partnership')
 UNION
SELECT t.tenant, w.own_id
  FROM touched t
  JOIN watched w ON w.tenant = t.tenant AND w.kind = 'Cycle' AND w.partnership_id = t.own_id
 WHERE t.kind = 'Partnership'
 UNION
SELECT t.tenant, w.own_id
  FROM touched t
  JOIN watched w ON w.tenant = t.tenant AND w.kind = 'Cycle' AND w.teacher_ids @> ARRAY[t.own_id]
 WHERE t.kind = 'Person'
 UNION
SELECT t.tenant, w.own_id FROM touched t JOIN watched w ON w.tenant = t.tenant AND w.kind IN ('Cycle', 'Partnership')
 WHERE t.kind = 'District'
