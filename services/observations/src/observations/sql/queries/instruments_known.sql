-- $1 tenants, $2 instruments: their rows as they are
SELECT l.*
  FROM unnest($1::uuid[], $2::uuid[]) AS k (tenant, instrument_id)
  JOIN listed_instruments l ON l.tenant = k.tenant AND l.instrument_id = k.instrument_id
