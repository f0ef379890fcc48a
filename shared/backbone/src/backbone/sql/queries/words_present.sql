-- $1 tenants, $2 references
SELECT w.tenant, w.ref, w.salt, w.words
  FROM unnest($1::uuid[], $2::uuid[]) AS k (tenant, ref)
  JOIN ledger.private_words w ON w.tenant = k.tenant AND w.ref = k.ref
