-- $1 tenants, $2 a partnership and a focus each, made into one id: which of the places for their open cycles are taken,
-- as the ledger has it now
SELECT k.tenant, k.pair AS key, array_agg(place.n) AS places
  FROM unnest($1::uuid[], $2::uuid[]) AS k (tenant, pair)
 CROSS JOIN generate_series(1, 20) AS place (n)
  JOIN ledger.claims c ON c.tenant = k.tenant AND c.key = 'open-cycle:' || k.pair || ':' || place.n
 GROUP BY k.tenant, k.pair
