-- $4: each goal's owners as comma-separated ids, since unnest would flatten an array of arrays
INSERT INTO coached_goals (tenant, goal_id, partnership_id, owner_ids)
SELECT r.tenant, r.goal_id, r.partnership_id, string_to_array(r.owners, ',')::uuid[]
  FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[]) AS r (tenant, goal_id, partnership_id, owners)
    ON CONFLICT DO NOTHING
