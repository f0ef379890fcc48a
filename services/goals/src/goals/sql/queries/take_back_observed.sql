UPDATE observed o
   SET measurement = NULL, gone_for = gone.cause
  FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[]) AS gone (tenant, goal_id, measurement_id, cause)
 WHERE o.tenant = gone.tenant AND o.goal_id = gone.goal_id AND o.measurement_id = gone.measurement_id
