-- Whatever was lost was asked for again
DELETE FROM work.words_withheld
