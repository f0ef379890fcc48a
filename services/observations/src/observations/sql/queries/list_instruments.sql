INSERT INTO listed_instruments
       (tenant, instrument_id, instrument, name_ref, framework, items, lowest, highest, status, published_at,
        position, began)
SELECT *
  FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::uuid[], $5::text[], $6::jsonb[], $7::integer[],
              $8::integer[], $9::text[], $10::timestamptz[], $11::bigint[], $12::bigint[])
    ON CONFLICT (tenant, instrument_id) DO UPDATE
   SET instrument = excluded.instrument, name_ref = excluded.name_ref, framework = excluded.framework,
       items = excluded.items, lowest = excluded.lowest, highest = excluded.highest, status = excluded.status,
       position = excluded.position
