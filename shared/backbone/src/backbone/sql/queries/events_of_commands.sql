-- $1 tenants, $2 command ids: what each command told, in order
SELECT e.position, e.event_id, e.tenant, e.stream_id, s.kind, e.version, e.type, e.data, e.meta, e.occurred_at,
       e.recorded_at, c.command_id
  FROM unnest($1::uuid[], $2::uuid[]) AS k (tenant, command_id)
  JOIN ledger.commands c ON c.tenant = k.tenant AND c.command_id = k.command_id
  JOIN ledger.streams s ON s.tenant = c.tenant AND s.stream_id = c.stream_id
  JOIN ledger.events e ON e.tenant = c.tenant AND e.stream_id = c.stream_id
                      AND e.version BETWEEN c.first_version AND c.version
 ORDER BY e.position
