-- $1 tenant: which goals stand at which milestone, since which month of which school year
SELECT h.milestone, h.goal_id, h.month, h.year, h.owner_ids
  FROM (SELECT 'GoalTargetMet' AS milestone, goal_id, met_month AS month, met_year AS year, owner_ids
          FROM counted_goals WHERE tenant = $1
         UNION ALL
        SELECT 'GoalAchieved', goal_id, achieved_month, achieved_year, owner_ids
          FROM counted_goals WHERE tenant = $1) AS h
 WHERE h.month IS NOT NULL
