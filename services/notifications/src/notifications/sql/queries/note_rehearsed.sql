-- $1 tenant, $2 milestone, $3 what was told before, $4 with what is told now. No row where another came first, or where the
-- district was closed meanwhile
INSERT INTO work.rehearsed AS r (tenant, milestone, kept)
SELECT $1, $2, $4 FROM districts d WHERE d.tenant = $1 AND NOT d.closed
    ON CONFLICT (tenant, milestone) DO UPDATE SET kept = excluded.kept
 WHERE r.kept = $3
RETURNING true
