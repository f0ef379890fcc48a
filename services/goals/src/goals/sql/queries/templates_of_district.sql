-- A page of the models a district may follow: its own, and after them those of the product, which come as arguments: $5
-- names, $6 their phases, separated by commas, $7 and $8 their days and weeks
SELECT m.*
  FROM ((SELECT l.template_id AS id, l.published_at AS at, l.began, l.position, l.template, l.phases, l.cadence_days,
                l.planned_weeks, l.status
           FROM listed_templates l
          WHERE l.tenant = $1 AND (l.published_at, l.began) < ($2, $3)
          ORDER BY l.published_at DESC, l.began DESC
          LIMIT $4)
        UNION ALL
        SELECT NULL, timestamptz 'epoch', -p.place, 0, p.template, string_to_array(p.phases, ','), p.cadence_days,
               p.planned_weeks, 'published'
          FROM unnest($5::text[], $6::text[], $7::integer[], $8::integer[])
               WITH ORDINALITY AS p (template, phases, cadence_days, planned_weeks, place)
         WHERE (timestamptz 'epoch', -p.place) < ($2, $3)) AS m
 ORDER BY m.at DESC, m.began DESC
 LIMIT $4
