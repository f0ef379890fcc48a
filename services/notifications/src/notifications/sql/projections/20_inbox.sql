-- What each person was told, newest first; `began` and `position` are the first and the last event a row reflects.
CREATE TABLE inbox (
    tenant          uuid NOT NULL,
    notification_id uuid NOT NULL,
    recipient_id    uuid NOT NULL,
    milestone       text NOT NULL,
    cycle_id        uuid,
    partnership_id  uuid,
    goal_id         uuid,
    occurrence      text,
    due_at          timestamptz NOT NULL,
    sent_at         timestamptz NOT NULL,
    acknowledged_at timestamptz,
    began           bigint NOT NULL,
    position        bigint NOT NULL,
    PRIMARY KEY (tenant, notification_id)
);
CREATE INDEX ON inbox (tenant, recipient_id, sent_at, began);
CREATE INDEX ON inbox (tenant, recipient_id, sent_at, began) WHERE acknowledged_at IS NULL;
