-- A page of the cycles in which teachers of $5 took part, each as far as it concerns these: whom, what area, how much time, and
-- whether that goes on
SELECT c.cycle_id, c.started_at AS at, c.began, h.source_id AS id, h.position, c.coach, c.whom, c.focus, c.ended,
       h.seconds, h.last_contact_on
  FROM (SELECT c.*, w.whom, coalesce(p.coach_id, c.coach_id) AS coach,
               c.ended_at IS NOT NULL OR coalesce(p.status IN ('ended', 'declined'), false)
               OR w.whom <@ c.left_ids AS ended
          FROM (SELECT DISTINCT l.started_at, l.began, l.cycle_id
                  FROM unnest($5::uuid[]) AS t (teacher_id)
                 CROSS JOIN LATERAL (
                       SELECT *
                         FROM coached_teachers o
                        WHERE o.tenant = $1 AND o.teacher_id = t.teacher_id AND (o.started_at, o.began) < ($2, $3)
                        ORDER BY o.started_at DESC, o.began DESC
                        LIMIT $4) AS l
                 ORDER BY l.started_at DESC, l.began DESC
                 LIMIT $4) AS l
          JOIN coached_cycles c ON c.tenant = $1 AND c.cycle_id = l.cycle_id
          LEFT JOIN partnerships p ON p.tenant = c.tenant AND p.partnership_id = c.partnership_id
         CROSS JOIN LATERAL (
               SELECT array_agg(t ORDER BY t) AS whom FROM unnest(c.teacher_ids) AS t WHERE t = ANY ($5)) AS w) AS c
 CROSS JOIN LATERAL (
       SELECT coalesce((array_agg(s.source_id ORDER BY s.position DESC))[1], c.cycle_id) AS source_id,
              coalesce(max(s.position), 0) AS position,
              (max(s.begins) AT TIME ZONE coalesce(c.time_zone, 'UTC'))::date AS last_contact_on,
              coalesce(range_agg(tstzrange(s.begins, s.ends)), '{}') AS spent
         FROM held_stretches s
        WHERE s.tenant = $1 AND s.cycle_id = c.cycle_id AND s.partnership_id = c.partnership_id
          AND s.teacher_ids && c.whom) AS v
 CROSS JOIN LATERAL (
       SELECT v.*, (SELECT coalesce(sum(extract(epoch FROM upper(r) - lower(r))), 0)::bigint
                      FROM unnest(v.spent) AS r) AS seconds) AS h
 ORDER BY c.started_at DESC, c.began DESC
