DELETE FROM active_people a
 USING unnest($1::uuid[], $2::uuid[]) AS k (tenant, activity_id)
 WHERE a.tenant = k.tenant AND a.activity_id = k.activity_id
