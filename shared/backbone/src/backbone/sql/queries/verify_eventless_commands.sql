-- Commands whose answer names events that are not there, or not where it says.
SELECT c.tenant, c.command_id, c.stream_id, c.first_version, c.version, c.position
  FROM ledger.commands c
 WHERE c.version >= c.first_version
   AND ((SELECT count(*) FROM ledger.events e
          WHERE e.tenant = c.tenant AND e.stream_id = c.stream_id
            AND e.version BETWEEN c.first_version AND c.version) <> c.version - c.first_version + 1
        OR NOT EXISTS (SELECT FROM ledger.events e
                        WHERE e.tenant = c.tenant AND e.stream_id = c.stream_id
                          AND e.version = c.version AND e.position = c.position))
 LIMIT 100
