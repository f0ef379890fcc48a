-- The aggregates that wait, what stopped each, and how many events of it are queued.
SELECT reader, source, tenant, aggregate_id, min(position) AS position, count(*) AS events,
       (array_agg(error ORDER BY position))[1] AS error, min(parked_at) AS since
  FROM parked GROUP BY reader, source, tenant, aggregate_id ORDER BY min(parked_at)
