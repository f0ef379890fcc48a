-- $1 a process's name: what the former one of that name had claimed when it died, nobody is at
UPDATE work.mailing SET claimed_by = NULL, claimed_until = NULL WHERE claimed_as = $1 AND claimed_by IS NOT NULL
