-- $1 claims of this process that a fault left behind: nobody is at these mails
UPDATE work.mailing SET claimed_by = NULL, claimed_until = NULL WHERE claimed_by = ANY ($1::uuid[])
