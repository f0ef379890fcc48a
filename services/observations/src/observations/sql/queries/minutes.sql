-- What coaches' time was spent on from day $2 until day $3 (the first that does not count), one coach's ($6) or everyone's: a row
-- each coach, period ($4: week or month; anything else is one period) and type. A moment counts once for a coach, for
-- the type that comes first of those that fill it ($5, in their order). Days begin at midnight in $7.
WITH zone AS (
       SELECT $7::text AS name),
steps AS (
       SELECT CASE $4::text WHEN 'week' THEN 'week' ELSE 'month' END AS unit,
              CASE $4::text WHEN 'week' THEN interval '7 days' ELSE interval '1 month' END AS step),
periods AS MATERIALIZED (
       SELECT p.begins::date AS begin, p.ends::date - 1 AS end,
              tstzrange(p.begins AT TIME ZONE zone.name, p.ends AT TIME ZONE zone.name) AS span
         FROM zone CROSS JOIN steps CROSS JOIN LATERAL (
              SELECT greatest(b, $2::date::timestamp) AS begins, least(b + steps.step, $3::date::timestamp) AS ends
                FROM generate_series(date_trunc(steps.unit, $2::date::timestamp),
                                     $3::date::timestamp - interval '1 day', steps.step) AS b
               WHERE $4 IN ('week', 'month')
              UNION ALL
              SELECT $2::date::timestamp, $3::date::timestamp
               WHERE $4 NOT IN ('week', 'month')) AS p),
bounds AS (
       SELECT ($2::date::timestamp AT TIME ZONE name) - interval '8 hours' AS after,
              $3::date::timestamp AT TIME ZONE name AS until
         FROM zone),
stretches AS (
       SELECT s.coach_id, s.type, tstzrange(s.begins, s.ends) AS span
         FROM bounds JOIN held_stretches s
              ON s.tenant = $1 AND $6::uuid IS NULL AND s.begins > bounds.after AND s.begins < bounds.until
        UNION ALL
       SELECT s.coach_id, s.type, tstzrange(s.begins, s.ends)
         FROM bounds JOIN held_stretches s
              ON s.tenant = $1 AND s.coach_id = $6 AND s.begins > bounds.after AND s.begins < bounds.until),
held AS (
       SELECT s.coach_id, p.begin, p.end, s.type, array_position($5::text[], s.type) AS rank, count(*) AS stretches_n,
              range_agg(s.span * p.span) AS spent
         FROM stretches s JOIN periods p ON s.span && p.span
        GROUP BY s.coach_id, p.begin, p.end, s.type),
own AS (
       SELECT h.*, h.spent - coalesce(range_agg(h.spent) OVER (PARTITION BY h.coach_id, h.begin ORDER BY h.rank
                                       ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), '{}') AS kept
         FROM held h)
SELECT o.coach_id, o.begin, o.end, o.type, o.stretches_n,
       (SELECT coalesce(sum(extract(epoch FROM upper(r) - lower(r))), 0)::bigint FROM unnest(o.kept) AS r) AS seconds
  FROM own o
 ORDER BY o.begin DESC, o.coach_id, o.rank
