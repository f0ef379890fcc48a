-- $1 tenant, $2 school year, $3 the month that it is: by month before it how many goals came to each milestone, and how many
-- teachers these are of; and of all these months (`of` null)
SELECT h.milestone, h.month AS of, count(DISTINCT h.goal_id) AS goals_n, count(DISTINCT o.id) AS teachers
  FROM (SELECT 'GoalTargetMet' AS milestone, met_month AS month, goal_id, owner_ids
          FROM counted_goals WHERE tenant = $1 AND met_year = $2
         UNION ALL
        SELECT 'GoalAchieved', achieved_month, goal_id, owner_ids
          FROM counted_goals WHERE tenant = $1 AND achieved_year = $2) AS h
 CROSS JOIN LATERAL unnest(h.owner_ids) AS o (id)
 WHERE h.month < $3
 GROUP BY GROUPING SETS ((h.milestone, h.month), (h.milestone))
 ORDER BY h.month NULLS FIRST, h.milestone
