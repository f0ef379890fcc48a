-- $1 source
SELECT DISTINCT reader, tenant, aggregate_id FROM parked WHERE source = $1
