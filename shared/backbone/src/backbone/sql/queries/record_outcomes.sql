-- $1 policy; then one entry a reaction: $2 event ids, $3 targets, $4 ordinals, $5 tenants, $6 command ids,
-- $7 outcomes, $8 codes
INSERT INTO work.reactions (policy, event_id, target, ordinal, tenant, command_id, outcome, code)
SELECT $1, r.event_id, r.target, r.ordinal, r.tenant, r.command_id, r.outcome, r.code
  FROM unnest($2::uuid[], $3::uuid[], $4::smallint[], $5::uuid[], $6::uuid[], $7::text[], $8::text[])
       AS r (event_id, target, ordinal, tenant, command_id, outcome, code)
    ON CONFLICT DO NOTHING
