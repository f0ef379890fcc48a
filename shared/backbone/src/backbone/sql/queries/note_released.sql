-- $1 tenant, $2 the month before which all is released
INSERT INTO work.released AS r (tenant, month)
SELECT $1, $2 FROM districts d WHERE d.tenant = $1 AND NOT d.closed
    ON CONFLICT (tenant) DO UPDATE SET month = excluded.month
 WHERE r.month < excluded.month
