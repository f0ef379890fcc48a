-- $1 tenants, $2 cycles, or partnerships: what is known of these and of all that is part of them
SELECT w.tenant, w.kind, w.own_id, w.told
  FROM unnest($1::uuid[], $2::uuid[]) AS k (tenant, watch_id)
  JOIN watched w ON w.tenant = k.tenant AND w.watch_id = k.watch_id
