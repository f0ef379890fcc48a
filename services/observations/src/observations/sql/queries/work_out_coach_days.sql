-- Every day that was touched; $1: the types in the order in which they have a moment that several fill. A stretch takes eight hours
-- at most.
INSERT INTO coach_days (tenant, coach_id, begins, type, seconds, spent)
SELECT o.tenant, o.coach_id, o.begins, o.type, r.seconds, o.spent
  FROM (SELECT h.tenant, h.coach_id, h.begins, h.type,
               h.held - coalesce(range_agg(h.held) OVER (PARTITION BY h.tenant, h.coach_id, h.begins ORDER BY h.rank
                                 ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), '{}') AS spent
          FROM (SELECT k.tenant, k.coach_id, k.begins, s.type, array_position($1::text[], s.type) AS rank,
                       range_agg(tstzrange(s.begins, s.ends) * tstzrange(k.begins, k.begins + interval '24 hours')) AS held
                  FROM touched_days k
                  JOIN held_stretches s ON s.tenant = k.tenant AND s.coach_id = k.coach_id
                       AND s.begins > k.begins - interval '8 hours' AND s.begins < k.begins + interval '24 hours'
                       AND s.ends > k.begins
                 GROUP BY k.tenant, k.coach_id, k.begins, s.type) AS h) AS o
 CROSS JOIN LATERAL (
       SELECT sum(extract(epoch FROM upper(m) - lower(m)))::integer AS seconds FROM unnest(o.spent) AS m) AS r
 WHERE r.seconds > 0
