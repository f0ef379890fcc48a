-- A projecting process says that it lives, and takes what is free of its share of the partitions.
--
-- One call, so that no process can fall asleep with the lock in its hand. `me` is this life of the process,
-- `called` the name it is known by: whoever comes with the name of another takes its place at once, for the two
-- are one process that was started again. The shares of those that live differ by one at most. Returns the place,
-- how many partitions are its share, and those it holds, which may be more; no row while every place is taken.
CREATE OR REPLACE FUNCTION work.hold_partitions(me text, called text, seconds float8)
RETURNS TABLE (slot smallint, share integer, partitions smallint[], epochs bigint[])
LANGUAGE plpgsql VOLATILE AS $$
#variable_conflict use_column
DECLARE
    place  smallint;
    former text;
    living integer;
    before integer;
    mine   integer;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('work.partitions', 0));
    SELECT r.slot, r.holder INTO place, former FROM work.replicas r WHERE r.holder = me OR r.name = called
     ORDER BY r.holder = me DESC LIMIT 1;
    IF place IS NULL THEN
        SELECT min(s) INTO place FROM generate_series(0, 15) AS s
         WHERE NOT EXISTS (SELECT FROM work.replicas r WHERE r.slot = s AND r.until > clock_timestamp());
        IF place IS NULL THEN
            RETURN;
        END IF;
    END IF;
    IF former <> me THEN
        UPDATE work.partitions p SET holder = me, epoch = p.epoch + 1 WHERE p.holder = former;
    END IF;
    INSERT INTO work.replicas AS r (slot, name, holder, until)
    VALUES (place, called, me, clock_timestamp() + make_interval(secs => seconds))
        ON CONFLICT ON CONSTRAINT replicas_pkey DO UPDATE
       SET name = CASE WHEN r.holder = me THEN r.name ELSE excluded.name END,
           holder = excluded.holder, until = excluded.until;

    SELECT count(*), count(*) FILTER (WHERE r.slot < place) INTO living, before
      FROM work.replicas r WHERE r.until > clock_timestamp();
    share := 64 / living + (before < 64 % living)::integer;
    SELECT count(*) INTO mine FROM work.partitions p WHERE p.holder = me;
    UPDATE work.partitions p SET holder = me, epoch = p.epoch + 1
      FROM (SELECT f.partition
              FROM work.partitions f
             WHERE NOT EXISTS (SELECT FROM work.replicas r WHERE r.holder = f.holder AND r.until > clock_timestamp())
             ORDER BY f.partition
             LIMIT greatest(share - mine, 0)) AS free
     WHERE p.partition = free.partition;
    slot := place;
    SELECT array_agg(p.partition ORDER BY p.partition), array_agg(p.epoch ORDER BY p.partition)
      INTO partitions, epochs
      FROM work.partitions p WHERE p.holder = me;
    RETURN NEXT;
END
$$;
