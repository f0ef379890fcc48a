-- Where the log stands, and what lies at one position of it.
-- $1 position
SELECT h.position AS head, h.incarnation,
       h.incarnation || '@' || h.incarnation_from AS history, e.event_id, e.hash
  FROM ledger.head h
  LEFT JOIN ledger.events e ON e.position = $1
