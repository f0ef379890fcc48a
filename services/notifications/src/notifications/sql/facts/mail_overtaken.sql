-- $1 tenants, $2 notifications: whether what somebody was reminded of has happened since
SELECT m.tenant, m.notification_id AS key,
       CASE WHEN m.milestone NOT IN ('BaselineMissing', 'VisitOverdue', 'MidpointReview', 'GoalSilent') THEN false
            WHEN NOT c.open OR EXISTS (SELECT FROM ended_partnerships e
                            WHERE e.tenant = c.tenant AND e.partnership_id = c.partnership_id) THEN true
            WHEN m.milestone = 'BaselineMissing' THEN EXISTS (
                 SELECT FROM watched_goals g
                  WHERE g.tenant = m.tenant AND g.cycle_id = m.cycle_id AND g.baselined)
            WHEN m.milestone = 'VisitOverdue' THEN EXISTS (
                 SELECT FROM watched_visits v
                  WHERE v.tenant = m.tenant AND v.cycle_id = m.cycle_id AND v.recorded_at >= m.sent_at)
            WHEN m.milestone = 'GoalSilent' THEN EXISTS (
                 SELECT FROM watched_goals g
                  WHERE g.tenant = m.tenant AND g.goal_id = m.goal_id AND NOT g.active)
              OR EXISTS (
                 SELECT FROM watched_measurements t
                  WHERE t.tenant = m.tenant AND t.goal_id = m.goal_id AND t.recorded_at >= m.sent_at)
            ELSE false END AS overtaken
  FROM unnest($1::uuid[], $2::uuid[]) AS k (tenant, notification_id)
  JOIN mail m ON m.tenant = k.tenant AND m.notification_id = k.notification_id
  LEFT JOIN watched_cycles c ON c.tenant = m.tenant AND c.cycle_id = m.cycle_id
