-- $10: what let each read as comma-separated ids, since unnest would flatten an array of arrays
INSERT INTO receipts (tenant, teacher_id, read_at, began, receipt_id, reader_id, aggregate, read_id, why, grant_ids)
SELECT r.tenant, r.teacher_id, r.read_at, r.began, r.receipt_id, r.reader_id, r.aggregate, r.read_id, r.why,
       string_to_array(r.grant_ids, ',')::uuid[]
  FROM unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::bigint[], $5::uuid[], $6::uuid[], $7::text[], $8::uuid[],
              $9::text[], $10::text[])
       AS r (tenant, teacher_id, read_at, began, receipt_id, reader_id, aggregate, read_id, why, grant_ids)
    ON CONFLICT DO NOTHING
