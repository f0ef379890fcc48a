-- $1 tenant: the addresses its people have or had
SELECT DISTINCT w.words
  FROM ledger.events e
 CROSS JOIN LATERAL jsonb_each(e.data::jsonb) AS f (name, value)
  JOIN ledger.private_words w ON w.tenant = e.tenant AND w.ref::text = f.value ->> 'ref'
 WHERE e.tenant = $1 AND f.name = 'email_ref' AND jsonb_typeof(f.value) = 'object'
