-- $1 a position of this service's log: what was told up to there has a plan
UPDATE work.mail_planned SET through = $1 WHERE through < $1
