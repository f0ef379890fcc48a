-- A page of a district's cycles ($5 is always null): whom, what area, how much time, and whether that goes on
SELECT c.cycle_id, c.started_at AS at, c.began, h.source_id AS id, h.position, c.coach, c.whom, c.focus, c.ended,
       h.seconds, h.last_contact_on
  FROM (SELECT c.*, c.teacher_ids AS whom, coalesce(p.coach_id, c.coach_id) AS coach,
               c.ended_at IS NOT NULL OR coalesce(p.status IN ('ended', 'declined'), false)
               OR c.teacher_ids <@ c.left_ids AS ended
          FROM coached_cycles c
          LEFT JOIN partnerships p ON p.tenant = c.tenant AND p.partnership_id = c.partnership_id
         WHERE c.tenant = $1 AND $5::uuid[] IS NULL AND (c.started_at, c.began) < ($2, $3)
         ORDER BY c.started_at DESC, c.began DESC
         LIMIT $4) AS c
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
