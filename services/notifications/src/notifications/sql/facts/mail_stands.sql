-- $1 tenants, $2 notifications: whether what somebody was reminded of stands still, and for them. What was told before
-- occurrences were is known by its milestone and goal alone.
SELECT i.tenant, i.notification_id AS key, EXISTS (
       SELECT FROM timers t
        WHERE t.tenant = i.tenant AND t.watch_id = coalesce(i.cycle_id, i.partnership_id) AND t.rule = i.milestone
          AND t.occurrence = coalesce(i.occurrence, t.occurrence)
          AND t.due_at <= i.sent_at AND t.goal_id IS NOT DISTINCT FROM i.goal_id
          AND position(i.recipient_id::text IN t.recipients) > 0) AS stands
  FROM unnest($1::uuid[], $2::uuid[]) AS k (tenant, notification_id)
  JOIN inbox i ON i.tenant = k.tenant AND i.notification_id = k.notification_id
