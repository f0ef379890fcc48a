-- $1 tenant, $2 school year, $3 the month that it is: the cycles that started in the year with each of their goals, how they
-- stood at the end of each month in which something was recorded, and the initiatives that a goal serves with the months from
-- which on, as JSON
SELECT c.cycle_id, c.school_id, c.month, c.template, c.focus, c.months, g.goal_id, g.focus AS goal_focus, g.owner_ids,
       g.months AS goal_months,
       CASE WHEN g.goal_id IS NOT NULL
            THEN (SELECT json_agg(json_build_array(l.month, l.initiative_id))::text
                    FROM initiative_goals l
                   WHERE l.tenant = $1 AND l.goal_id = g.goal_id AND l.month < $3) END AS serves
  FROM figured_cycles c
  LEFT JOIN figured_goals g ON g.tenant = $1 AND g.cycle_id = c.cycle_id
 WHERE c.tenant = $1 AND c.year = $2
 ORDER BY c.cycle_id, g.goal_id
