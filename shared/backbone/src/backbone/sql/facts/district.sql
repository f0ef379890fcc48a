-- $1 tenants, $2 the same again
SELECT d.tenant, d.tenant AS key, d.sandbox, d.clock, d.time_zone, d.closed
  FROM unnest($1::uuid[], $2::uuid[]) AS k (tenant, _)
  JOIN districts d ON d.tenant = k.tenant
