-- Of these commands, those the ledger remembers. $1 tenants, $2 command ids
SELECT c.tenant, c.command_id, c.request, c.stream_id, c.first_version, c.version
  FROM unnest($1::uuid[], $2::uuid[]) AS k (tenant, command_id)
  JOIN ledger.commands c ON c.tenant = k.tenant AND c.command_id = k.command_id
