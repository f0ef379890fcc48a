INSERT INTO instrument_versions
       (tenant, instrument_id, instrument, name_ref, framework, items, lowest, highest, published_at, position)
SELECT *
  FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::uuid[], $5::text[], $6::jsonb[], $7::integer[], $8::integer[],
              $9::timestamptz[], $10::bigint[])
    ON CONFLICT DO NOTHING
