DELETE FROM coach_days d
 USING unnest($1::uuid[], $2::uuid[], $3::timestamptz[]) AS k (tenant, coach_id, begins)
 WHERE d.tenant = k.tenant AND d.coach_id = k.coach_id AND d.begins = k.begins
