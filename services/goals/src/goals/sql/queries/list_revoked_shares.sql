UPDATE listed_shares l
   SET revoked = true, position = r.position
  FROM unnest($1::uuid[], $2::uuid[], $3::bigint[]) AS r (tenant, share_id, position)
 WHERE l.tenant = r.tenant AND l.share_id = r.share_id
