-- $1 the world's now: how many mails wait, how many of them should have gone, for how many no moment is known, and for how
-- many seconds the longest has been tried. Each is counted in an index of those that wait, for tens of thousands may.
SELECT coalesce(sum(each.waiting), 0)::bigint AS waiting,
       coalesce(sum(each.due), 0)::bigint AS due,
       coalesce(sum(each.no_moment_known), 0)::bigint AS no_moment_known,
       (SELECT coalesce(extract(epoch FROM now() - min(w.first_tried_at)), 0)::float8
          FROM work.mailing w
         WHERE w.settled_at IS NULL AND w.first_tried_at IS NOT NULL) AS oldest
  FROM districts d
  LEFT JOIN work.clocks c USING (tenant)
 CROSS JOIN LATERAL (
       SELECT (SELECT count(*) FROM mail m WHERE m.tenant = d.tenant) AS waiting,
              (SELECT count(*)
                 FROM work.mailing w
                WHERE w.tenant = d.tenant AND w.settled_at IS NULL AND w.handed_at IS NULL
                  AND w.send_at <= CASE WHEN d.sandbox THEN c.clock ELSE $1 END)
            + (SELECT count(*)
                 FROM work.mailing w
                WHERE w.tenant = d.tenant AND w.settled_at IS NULL AND w.handed_at IS NOT NULL
                  AND w.send_at <= CASE WHEN d.sandbox THEN c.clock ELSE $1 END) AS due,
              (SELECT count(*)
                 FROM work.mailing w
                WHERE w.tenant = d.tenant AND w.settled_at IS NULL AND w.handed_at IS NULL AND w.send_at IS NULL)
              AS no_moment_known) AS each
