-- The mailer's own work, never rebuilt: when each mail is to go, who is at it, what came of trying. What became of a
-- mail in the end is an event; a row here is deleted once the projection `mail` shows it.
-- `send_at` is a moment of the district's clock; every other time is this server's.
CREATE TABLE work.mailing (
    tenant          uuid NOT NULL,
    notification_id uuid NOT NULL,
    recipient_id    uuid NOT NULL,
    digest          boolean NOT NULL,
    send_at         timestamptz,            -- none: the calendar knows of no moment yet
    planned_from    bigint NOT NULL,        -- the revision of the facts that `send_at` was worked out from
    mail_id         uuid,                   -- its first notification; once it is claimed, what is in it stays in it
    claimed_by      uuid,
    claimed_until   timestamptz,
    handed_at       timestamptz,            -- the mail server has taken it
    message_id      text,
    tries           integer NOT NULL DEFAULT 0,
    first_tried_at  timestamptz,
    retry_at        timestamptz,
    code            text,                   -- why the last try failed
    settled_at      timestamptz,
    PRIMARY KEY (tenant, notification_id)
) WITH (fillfactor = 70);
CREATE INDEX ON work.mailing (send_at) WHERE settled_at IS NULL;
CREATE INDEX ON work.mailing (tenant, mail_id);

-- How the mail server is doing: while it is in trouble one mail at a time finds out whether it still is.
CREATE TABLE work.mail_server (
    one      boolean PRIMARY KEY DEFAULT true CHECK (one),
    trouble  text,
    since    timestamptz,
    tries    integer NOT NULL DEFAULT 0,
    again_at timestamptz
);
INSERT INTO work.mail_server DEFAULT VALUES;
GRANT SELECT, INSERT, UPDATE, DELETE ON work.mailing TO :app;
GRANT SELECT, UPDATE ON work.mail_server TO :app;
