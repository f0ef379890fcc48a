-- Readiness and metrics ask every few seconds since when the mail that waits longest has been tried.
CREATE INDEX ON work.mailing (first_tried_at) WHERE settled_at IS NULL AND first_tried_at IS NOT NULL;
