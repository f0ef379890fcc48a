-- A page of the versions of one instrument ($5), in words
SELECT v.instrument_id AS id, v.published_at AS at, v.position AS began, v.position, v.instrument, n.words AS name,
       v.framework, v.lowest, v.highest, l.status, i.items
  FROM instrument_versions v
  LEFT JOIN listed_instruments l ON l.tenant = v.tenant AND l.instrument_id = v.instrument_id
  LEFT JOIN ledger.private_words n ON n.tenant = v.tenant AND n.ref = v.name_ref
 CROSS JOIN LATERAL (
       SELECT json_agg(json_build_object('code', t.item ->> 'code', 'kind', t.item ->> 'kind', 'wording', w.words)
                       ORDER BY t.place) AS items
         FROM jsonb_array_elements(v.items) WITH ORDINALITY AS t (item, place)
         LEFT JOIN ledger.private_words w ON w.tenant = v.tenant AND w.ref = (t.item ->> 'wording_ref')::uuid) AS i
 WHERE v.tenant = $1 AND v.instrument_id = $5 AND (v.published_at, v.position) < ($2, $3)
 ORDER BY v.published_at DESC, v.position DESC
 LIMIT $4
