-- $1 tenants, $2 goals, $3 measurements that hold no more, $4 when that was recorded
UPDATE measured m SET retracted_at = n.retracted_at
  FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::timestamptz[]) AS n (tenant, goal_id, measurement_id, retracted_at)
 WHERE m.tenant = n.tenant AND m.goal_id = n.goal_id AND m.measurement_id = n.measurement_id
