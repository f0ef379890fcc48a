-- $1 tenants, $2 kinds of aggregates, $3 their ids: what is known of these
SELECT w.tenant, w.kind, w.own_id, w.told
  FROM unnest($1::uuid[], $2::text[], $3::uuid[]) AS k (tenant, kind, own_id)
  JOIN watched w ON w.tenant = k.tenant AND w.kind = k.kind AND w.own_id = k.own_id
