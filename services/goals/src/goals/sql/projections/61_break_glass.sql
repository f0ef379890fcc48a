-- Who asked to read what is a teacher's, newest first, and what became of it.
CREATE TABLE listed_break_glass (
    tenant         uuid NOT NULL,
    break_glass_id uuid NOT NULL,
    teacher_id     uuid NOT NULL,
    requested_by   uuid NOT NULL,
    cycle_id       uuid,
    goal_id        uuid,
    reason_ref     uuid NOT NULL,
    requested_at   timestamptz NOT NULL,
    status         text NOT NULL,
    settled_by     uuid,
    settled_at     timestamptz,
    expires_at     timestamptz,
    began          bigint NOT NULL,
    position       bigint NOT NULL,
    PRIMARY KEY (tenant, break_glass_id)
);
CREATE INDEX ON listed_break_glass (tenant, requested_at, began);
CREATE INDEX ON listed_break_glass (tenant, teacher_id, requested_at, began);
