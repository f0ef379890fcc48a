-- What somebody was told in their inbox, by the event at `position`, and whether it is settled what becomes of the mail
-- about it.
CREATE TABLE mail (
    tenant          uuid NOT NULL,
    notification_id uuid NOT NULL,
    recipient_id    uuid NOT NULL,
    milestone       text NOT NULL,
    cycle_id        uuid,
    partnership_id  uuid,
    goal_id         uuid,
    occurrence      text,
    sent_at         timestamptz NOT NULL,
    position        bigint NOT NULL,
    settled         boolean NOT NULL DEFAULT false,
    PRIMARY KEY (tenant, notification_id)
);
CREATE INDEX ON mail (position) WHERE NOT settled;
CREATE INDEX ON mail (tenant, position) WHERE NOT settled;

-- Up to where each source has told what decides when mail is sent: preferences, policies, calendars.
CREATE TABLE mail_revisions (
    tenant   uuid NOT NULL,
    source   text NOT NULL,
    position bigint NOT NULL,
    PRIMARY KEY (tenant, source)
);
