-- What the projection shows as settled needs no work any more.
DELETE FROM work.mailing w
 USING (SELECT m.tenant, m.notification_id
          FROM work.mailing m
          JOIN mail p USING (tenant, notification_id)
         WHERE m.settled_at IS NOT NULL AND p.settled
         ORDER BY m.tenant, m.notification_id FOR UPDATE OF m) AS gone
 WHERE w.tenant = gone.tenant AND w.notification_id = gone.notification_id
