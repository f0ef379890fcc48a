-- $1 tenants, $2 notifications: whether what somebody was reminded of stands still, and for them. What was told before
-- occurrences were is known by its milestone and goal alone.
SELECT m.tenant, m.notification_id AS key, EXISTS (
       SELECT FROM timers t
        WHERE t.tenant = m.tenant AND t.watch_id = coalesce(m.cycle_id, m.partnership_id) AND t.rule = m.milestone
          AND t.occurrence = coalesce(m.occurrence, t.occurrence)
          AND t.due_at <= m.sent_at AND t.goal_id IS NOT DISTINCT FROM m.goal_id
          AND position(m.recipient_id::text IN t.recipients) > 0) AS stands
  FROM unnest($1::uuid[], $2::uuid[]) AS k (tenant, notification_id)
  JOIN mail m ON m.tenant = k.tenant AND m.notification_id = k.notification_id
