-- $1 tenants, $2 the same again: `told` is the event that said it last; no row: nobody has, the product's holds
SELECT t.tenant, t.tenant AS key, t.told
  FROM unnest($1::uuid[], $2::uuid[]) AS k (tenant, _)
  JOIN policies t ON t.tenant = k.tenant
