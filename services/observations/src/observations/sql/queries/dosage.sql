-- A page of the cycles of a district ($6 null), or of the partnerships that $6 coaches as they stand now; each with what was
-- planned and what was held of it as of $5. Days that count lie inside a term, in no holiday ($7 is the calendar as it was told;
-- null: every day) and no pause, from the cycle's first until that of $5 or of its end. Who coaches is asked of the partnership
-- as it stands.
WITH calendar AS MATERIALIZED (
       SELECT coalesce((SELECT range_agg(daterange((t ->> 'begin')::date, (t ->> 'end')::date, '[]'))
                          FROM jsonb_array_elements($7::jsonb -> 'terms') AS t), '{(,)}')
              - coalesce((SELECT range_agg(daterange((t ->> 'begin')::date, (t ->> 'end')::date, '[]'))
                            FROM jsonb_array_elements($7::jsonb -> 'holidays') AS t), '{}') AS school)
SELECT c.cycle_id, c.started_at AS at, c.began, h.source_id AS id, h.position, c.partnership_id, c.coach, c.teacher_ids,
       c.focus, c.planned_weeks, c.cadence_days, c.ended_at, d.days, h.visits_n, h.seconds, h.last_visit_on, c.ended
  FROM (SELECT l.*, l.ended_at IS NOT NULL OR coalesce(l.status IN ('ended', 'declined'), false) AS ended,
               (l.started_at AT TIME ZONE coalesce(l.time_zone, 'UTC'))::date AS begins,
               (least(l.ended_at, $5) AT TIME ZONE coalesce(l.time_zone, 'UTC'))::date AS until
          FROM ((SELECT c.*, coalesce(p.coach_id, c.coach_id) AS coach, p.status
                   FROM coached_cycles c
                   LEFT JOIN partnerships p ON p.tenant = c.tenant AND p.partnership_id = c.partnership_id
                  WHERE c.tenant = $1 AND $6::uuid IS NULL AND (c.started_at, c.began) < ($2, $3)
                  ORDER BY c.started_at DESC, c.began DESC
                  LIMIT $4)
                 UNION ALL
                (SELECT l.*, p.coach_id, p.status
                   FROM partnerships p
                  CROSS JOIN LATERAL (
                        SELECT c.*
                          FROM coached_cycles c
                         WHERE c.tenant = p.tenant AND c.partnership_id = p.partnership_id
                           AND (c.started_at, c.began) < ($2, $3)
                         ORDER BY c.started_at DESC, c.began DESC
                         LIMIT $4) AS l
                  WHERE p.tenant = $1 AND p.coach_id = $6 AND p.status = 'agreed'
                  ORDER BY l.started_at DESC, l.began DESC
                  LIMIT $4)) AS l) AS c
 CROSS JOIN calendar
 CROSS JOIN LATERAL (
       SELECT coalesce(sum(upper(r) - lower(r)), 0)::integer AS days
         FROM unnest(calendar.school - coalesce((SELECT range_agg(daterange((p ->> 0)::date, (p ->> 1)::date))
                                                   FROM jsonb_array_elements(c.pauses) AS p
                                                  WHERE p ->> 0 IS DISTINCT FROM p ->> 1), '{}')) AS s
        CROSS JOIN LATERAL (SELECT s * daterange(c.begins, greatest(c.until, c.begins)) AS r) AS inside
        WHERE NOT isempty(r)) AS d
 CROSS JOIN LATERAL (
       SELECT coalesce((array_agg(s.source_id ORDER BY s.position DESC))[1], c.cycle_id) AS source_id,
              coalesce(max(s.position), 0) AS position,
              count(*) FILTER (WHERE s.type IN ('observe', 'model', 'coteach')) AS visits_n,
              (max(s.begins) FILTER (WHERE s.type IN ('observe', 'model', 'coteach'))
                    AT TIME ZONE coalesce(c.time_zone, 'UTC'))::date AS last_visit_on,
              coalesce(range_agg(tstzrange(s.begins, s.ends)), '{}') AS spent
         FROM held_stretches s
        WHERE s.tenant = $1 AND s.cycle_id = c.cycle_id AND s.partnership_id = c.partnership_id) AS v
 CROSS JOIN LATERAL (
       SELECT v.*, (SELECT coalesce(sum(extract(epoch FROM upper(r) - lower(r))), 0)::bigint
                      FROM unnest(v.spent) AS r) AS seconds) AS h
 ORDER BY c.started_at DESC, c.began DESC
