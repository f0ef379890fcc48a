-- $1 tenant, $2 command id
SELECT c.request, c.stream_id, c.first_version, c.version, c.position,
       e.event_id, e.type AS type_name, e.version AS event_version
  FROM ledger.commands c
  LEFT JOIN ledger.events e ON e.tenant = c.tenant AND e.stream_id = c.stream_id
                           AND e.version BETWEEN c.first_version AND c.version
 WHERE c.tenant = $1 AND c.command_id = $2
 ORDER BY e.version
