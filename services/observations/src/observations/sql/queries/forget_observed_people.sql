DELETE FROM observed_people o
 USING unnest($1::uuid[], $2::uuid[]) AS k (tenant, observation_id)
 WHERE o.tenant = k.tenant AND o.observation_id = k.observation_id
