-- The name of the process that claimed a mail, if whoever starts it again after a death has given it one: the next
-- process of that name goes on with the mail at once, for nobody is at it any more.
ALTER TABLE work.mailing ADD COLUMN claimed_as text;
