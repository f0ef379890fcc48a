-- $1 tenant, $2 school year, $3 the month before which it tells, $4 what is told, $5 what the next has to know. Whoever
-- came first has released it; of a district that was closed meanwhile nothing is
INSERT INTO work.releases AS r (tenant, year, month, told, kept)
SELECT $1, $2, $3, $4, $5 FROM districts d WHERE d.tenant = $1 AND NOT d.closed
    ON CONFLICT (tenant, year) DO UPDATE SET month = excluded.month, told = excluded.told, kept = excluded.kept
 WHERE r.month < excluded.month
