-- One entry a goal, $3 its owners comma-separated
INSERT INTO counted_goals (tenant, goal_id, owner_ids, met_month, met_year, achieved_month, achieved_year)
SELECT n.tenant, n.goal_id, string_to_array(n.owners, ',')::uuid[], n.met_month, n.met_year, n.achieved_month,
       n.achieved_year
  FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::smallint[], $6::text[], $7::smallint[])
       AS n (tenant, goal_id, owners, met_month, met_year, achieved_month, achieved_year)
    ON CONFLICT (tenant, goal_id) DO UPDATE
   SET met_month = excluded.met_month, met_year = excluded.met_year, achieved_month = excluded.achieved_month,
       achieved_year = excluded.achieved_year
