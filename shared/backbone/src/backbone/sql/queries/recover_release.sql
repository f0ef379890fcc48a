-- $1 tenants, $2 keys, $3 stream ids: only who holds a key gives it back
DELETE FROM ledger.claims c
 USING unnest($1::uuid[], $2::text[], $3::uuid[]) AS k (tenant, key, stream_id)
 WHERE c.tenant = k.tenant AND c.key = k.key AND c.stream_id = k.stream_id
