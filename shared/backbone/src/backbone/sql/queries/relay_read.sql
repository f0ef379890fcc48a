-- The log after a position, in order, with where it stands; one row without an event when there is none.
-- $1 position, $2 how many
SELECT h.position AS head,
       h.incarnation || '@' || h.incarnation_from AS history, e.*
  FROM ledger.head h
  LEFT JOIN (SELECT position, event_id, tenant, stream_id, version, type, schema_version, partition,
                    data, meta, occurred_at, recorded_at, salt, digest, hash
               FROM ledger.events
              WHERE position > $1
              ORDER BY position
              LIMIT $2) e ON true
 ORDER BY e.position
