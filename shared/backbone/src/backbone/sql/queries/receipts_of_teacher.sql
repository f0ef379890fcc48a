-- A page of the receipts of what is $5's own
SELECT r.receipt_id AS id, r.read_at AS at, r.began, r.began AS position, r.reader_id, r.aggregate, r.read_id, r.why,
       r.grant_ids
  FROM receipts r
 WHERE r.tenant = $1 AND r.teacher_id = $5 AND (r.read_at, r.began) < ($2, $3)
 ORDER BY r.read_at DESC, r.began DESC
 LIMIT $4
