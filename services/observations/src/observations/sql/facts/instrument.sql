-- $1 tenants, $2 instruments with their versions, such as "time-on-task@2": what the district published under that name. No
-- row: it published no instrument of this code; no `kinds`: not this version. Read from the log itself, where version n of
-- an instrument is the n-th event: what was published or retired a moment ago counts.
SELECT k.tenant, k.instrument AS key, last.type = 'InstrumentRetired' AS retired, told.kinds, told.lowest, told.highest
  FROM unnest($1::uuid[], $2::text[]) AS k (tenant, instrument)
  JOIN ledger.claims c ON c.tenant = k.tenant AND c.key = 'instrument:' || split_part(k.instrument, '@', 1)
  JOIN ledger.streams s ON s.tenant = c.tenant AND s.stream_id = c.stream_id
  JOIN ledger.events last ON last.tenant = s.tenant AND last.stream_id = s.stream_id AND last.version = s.version
  LEFT JOIN LATERAL (
       SELECT ARRAY(SELECT DISTINCT item ->> 'kind' FROM json_array_elements(e.data -> 'items') AS item) AS kinds,
              (e.data -> 'scale' ->> 'lowest')::integer AS lowest,
              (e.data -> 'scale' ->> 'highest')::integer AS highest
         FROM ledger.events e
        WHERE e.tenant = s.tenant AND e.stream_id = s.stream_id
          AND e.version = split_part(k.instrument, '@', 2)::integer AND e.type = 'InstrumentPublished') AS told ON true
