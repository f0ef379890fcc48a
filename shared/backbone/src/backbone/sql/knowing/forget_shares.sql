DELETE FROM shares s
 USING unnest($1::uuid[], $2::uuid[]) AS gone (tenant, share_id)
 WHERE s.tenant = gone.tenant AND s.share_id = gone.share_id
