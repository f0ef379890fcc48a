-- $1 reader, $2 source, $3 tenant, $4 aggregate, $5 position, $6 subject, $7 payload, $8 headers, $9 error
INSERT INTO parked (reader, source, tenant, aggregate_id, position, subject, payload, headers, error)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
    ON CONFLICT DO NOTHING
