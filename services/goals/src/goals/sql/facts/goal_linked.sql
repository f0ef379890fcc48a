-- $1 tenants, $2 links, each an initiative and a goal made into one id: a row for those that are made already, as the
-- ledger has it now
SELECT k.tenant, k.link AS key
  FROM unnest($1::uuid[], $2::uuid[]) AS k (tenant, link)
  JOIN ledger.claims c ON c.tenant = k.tenant AND c.key = 'initiative-goal:' || k.link
