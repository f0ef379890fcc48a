-- Where the log stands, what it holds, and what lies beyond its end.
SELECT h.position AS head, h.incarnation || '@' || h.incarnation_from AS history,
       (SELECT count(*) FROM ledger.events e WHERE e.position BETWEEN 1 AND h.position) AS events,
       (SELECT count(*) FROM ledger.commands) AS commands,
       (SELECT count(*) FROM ledger.streams) AS aggregates,
       (SELECT array_agg(e.position) FROM (SELECT position FROM ledger.events
         WHERE position > h.position OR position < 1 LIMIT 100) e) AS beyond
  FROM ledger.head h
