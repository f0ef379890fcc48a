-- What coaches' time was spent on from day $2 until day $3 (the first that does not count), one coach's ($5) or everyone's: a row
-- each coach, period ($4: week or month; anything else is one period) and type. Days begin at midnight in $6.
WITH asked AS (
       SELECT CASE $4::text WHEN 'week' THEN 'week' WHEN 'month' THEN 'month' END AS unit,
              CASE $4::text WHEN 'week' THEN interval '7 days' ELSE interval '1 month' END AS step,
              $2::date::timestamp AS first, $3::date::timestamp AS until, $6::text AS zone,
              $2::date::timestamp AT TIME ZONE $6 AS after, $3::date::timestamp AT TIME ZONE $6 AS before),
periods AS MATERIALIZED (
       SELECT p.name, p.begins::date AS begin, p.ends::date - 1 AS end,
              tstzrange(p.begins AT TIME ZONE a.zone, p.ends AT TIME ZONE a.zone) AS span
         FROM asked a CROSS JOIN LATERAL (
              SELECT b AS name, greatest(b, a.first) AS begins, least(b + a.step, a.until) AS ends
                FROM generate_series(date_trunc(coalesce(a.unit, 'week'), a.first), a.until - interval '1 day', a.step) AS b
               WHERE a.unit IS NOT NULL
              UNION ALL
              SELECT a.first, a.first, a.until WHERE a.unit IS NULL) AS p),
days AS (
       SELECT d.*
         FROM asked a JOIN coach_days d ON d.tenant = $1 AND $5::uuid IS NULL
              AND d.begins > a.after - interval '24 hours' AND d.begins < a.before
        UNION ALL
       SELECT d.*
         FROM asked a JOIN coach_days d ON d.tenant = $1 AND d.coach_id = $5
              AND d.begins > a.after - interval '24 hours' AND d.begins < a.before),
named AS (
       SELECT d.*, coalesce(date_trunc(a.unit, d.begins AT TIME ZONE a.zone), a.first) AS name,
              coalesce(date_trunc(a.unit, (d.begins + interval '24 hours' - interval '1 second') AT TIME ZONE a.zone),
                       a.first) AS ends_in
         FROM asked a CROSS JOIN days d),
parts AS (
       SELECT n.coach_id, n.type, n.begins, n.seconds, n.spent, n.name FROM named n
        UNION ALL
       SELECT n.coach_id, n.type, n.begins, n.seconds, n.spent, n.ends_in FROM named n WHERE n.ends_in <> n.name)
SELECT * FROM (
       SELECT w.coach_id, p.begin, p.end, w.type,
              sum(CASE WHEN p.span @> tstzrange(w.begins, w.begins + interval '24 hours') THEN w.seconds
                       ELSE (SELECT coalesce(sum(extract(epoch FROM upper(m) - lower(m))), 0)::integer
                               FROM unnest(w.spent * tstzmultirange(p.span)) AS m) END)::bigint AS seconds
         FROM parts w JOIN periods p ON p.name = w.name
        GROUP BY w.coach_id, p.begin, p.end, w.type) AS told
 WHERE told.seconds > 0
 ORDER BY told.begin DESC, told.coach_id, told.type
