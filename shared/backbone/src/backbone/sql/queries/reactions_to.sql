-- $1 event ids: what policies here made of them
SELECT event_id, policy, target, ordinal, tenant, command_id, outcome, code
  FROM work.reactions
 WHERE event_id = ANY ($1)
 ORDER BY event_id, policy, ordinal, target
