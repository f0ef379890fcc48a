-- What is settled and waits no longer by the projection either needs no work any more.
DELETE FROM work.mailing w
 USING (SELECT m.tenant, m.notification_id
          FROM work.mailing m
         WHERE m.settled_at IS NOT NULL
           AND (SELECT true FROM mail p WHERE p.tenant = m.tenant AND p.notification_id = m.notification_id) IS NULL
         ORDER BY m.tenant, m.notification_id FOR UPDATE OF m) AS gone
 WHERE w.tenant = gone.tenant AND w.notification_id = gone.notification_id
