-- Takes a free lease or prolongs one's own; no row when somebody else holds it.
-- $1 name, $2 holder, $3 seconds
INSERT INTO work.leases AS l (name, holder, until)
VALUES ($1, $2, clock_timestamp() + make_interval(secs => $3))
    ON CONFLICT (name) DO UPDATE
   SET holder = excluded.holder,
       until = clock_timestamp() + make_interval(secs => $3),
       epoch = l.epoch + (l.holder <> excluded.holder OR l.until < clock_timestamp())::int
 WHERE l.holder = excluded.holder OR l.until < clock_timestamp()
RETURNING epoch
