-- Up to which position of this service's log everything that was told has a plan: who plans, and who asks what waits, looks
-- only at what was told since.
CREATE TABLE work.mail_planned (
    one     boolean PRIMARY KEY DEFAULT true CHECK (one),
    through bigint NOT NULL DEFAULT 0
);
INSERT INTO work.mail_planned DEFAULT VALUES;
GRANT SELECT, UPDATE ON work.mail_planned TO :app;

-- What is due is asked district by district, and tens of thousands may wait for a morning.
DROP INDEX work.mailing_send_at_idx;
CREATE INDEX ON work.mailing (tenant, send_at) WHERE settled_at IS NULL AND handed_at IS NULL;
CREATE INDEX ON work.mailing (tenant) WHERE settled_at IS NULL AND handed_at IS NOT NULL;
CREATE INDEX ON work.mailing (tenant, planned_from) WHERE settled_at IS NULL AND mail_id IS NULL;
CREATE INDEX ON work.mailing (tenant, notification_id) WHERE settled_at IS NOT NULL;
