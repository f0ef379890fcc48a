-- $1 tenants, $2 command ids, $3 requests, $4 stream ids, $5 first versions, $6 versions, $7 positions, $8 times
INSERT INTO ledger.commands (tenant, command_id, request, stream_id, first_version, version, position, recorded_at)
SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::bytea[], $4::uuid[], $5::integer[], $6::integer[], $7::bigint[],
                     $8::timestamptz[])
