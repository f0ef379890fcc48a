-- What the projection shows as settled needs no work any more.
DELETE FROM work.mailing w USING mail m
 WHERE w.settled_at IS NOT NULL AND m.tenant = w.tenant AND m.notification_id = w.notification_id AND m.settled
