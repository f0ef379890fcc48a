-- The log after a position as those see it who read some partitions, with where the log stands; one row without
-- an event when there is none. $1 position, $2 at most how many, $3 partitions
SELECT h.position AS head, e.*
  FROM ledger.head h
  LEFT JOIN (SELECT position, event_id, tenant, stream_id, version, type, schema_version, partition, data, meta,
                    occurred_at::text, recorded_at::text, salt, hash
               FROM ledger.events
              WHERE position > $1 AND partition = ANY ($3::smallint[])
              ORDER BY position LIMIT $2) e ON true
 ORDER BY e.position
