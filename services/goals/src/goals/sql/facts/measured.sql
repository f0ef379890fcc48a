-- $1 tenants, $2 a goal and a measurement each, as "<goal>:<measurement>": who recorded it, and whether an observation told
-- it, as the ledger has it now
SELECT k.tenant, k.key, m.told ->> 'recorded_by' AS recorded_by,
       coalesce(e.data ->> 'observation_id', '') <> '' AS observed
  FROM unnest($1::uuid[], $2::text[]) AS k (tenant, key)
  JOIN ledger.events e ON e.tenant = k.tenant AND e.stream_id = split_part(k.key, ':', 1)::uuid
   AND e.type IN ('BaselineRecorded', 'ProgressMeasured')
 CROSS JOIN LATERAL json_array_elements(
       coalesce(e.data -> 'measurements', json_build_array(e.data -> 'measurement'))) AS m (told)
 WHERE m.told ->> 'measurement_id' = split_part(k.key, ':', 2)
