-- A log was kept that its stream had left behind: what it lost may have been an erasure
INSERT INTO work.words_withheld (reason) VALUES ('erasures_lost_with_the_log') ON CONFLICT DO NOTHING
