-- What somebody was told in their inbox, by the event at `position`, as long as it is not settled what becomes of the
-- mail about it. What they were told is the inbox's row, written with this one.
CREATE TABLE mail (
    tenant          uuid NOT NULL,
    notification_id uuid NOT NULL,
    position        bigint NOT NULL,
    PRIMARY KEY (tenant, notification_id)
);
CREATE INDEX ON mail (position);
CREATE INDEX ON mail (tenant, position);

-- Up to where each source has told what decides when mail is sent: preferences, policies, calendars.
CREATE TABLE mail_revisions (
    tenant   uuid NOT NULL,
    source   text NOT NULL,
    position bigint NOT NULL,
    PRIMARY KEY (tenant, source)
);
