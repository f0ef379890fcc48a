-- $1 tenant, $2 person: the names, addresses and roster's ids they have or had
SELECT DISTINCT w.words
  FROM ledger.events e
 CROSS JOIN LATERAL jsonb_each(e.data::jsonb) AS f (name, value)
  JOIN ledger.private_words w ON w.tenant = e.tenant AND w.ref::text = f.value ->> 'ref'
 WHERE e.tenant = $1 AND e.stream_id = $2 AND f.name IN ('name_ref', 'email_ref', 'sourced_id_ref')
   AND jsonb_typeof(f.value) = 'object'
