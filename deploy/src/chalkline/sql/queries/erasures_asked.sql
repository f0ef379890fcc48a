-- $1 tenant, $2 person: what was asked of directory about somebody who was erased
SELECT e.type, e.data::jsonb -> 'refs' AS refs, convert_from(e.meta, 'UTF8')::jsonb ->> 'command_id' AS command_id
  FROM ledger.events e
 WHERE e.tenant = $1 AND e.stream_id = $2 AND e.type IN ('ErasureRequested', 'MentionsErasureRequested')
 ORDER BY e.version
