-- What is known of each aggregate that decides when something falls due. Each row belongs to one; what is worked out
-- from many are the timers of a cycle, and its place in a caseload. `watch_id` is the cycle that something is part of,
-- or its partnership where it is part of none.
CREATE TABLE watched (
    tenant         uuid NOT NULL,
    kind           text NOT NULL,
    own_id         uuid NOT NULL,
    watch_id       uuid,
    partnership_id uuid,
    teacher_ids    uuid[],
    told           text NOT NULL,
    PRIMARY KEY (tenant, kind, own_id)
);
CREATE INDEX ON watched (tenant, watch_id);
CREATE INDEX ON watched (tenant, partnership_id) WHERE kind = 'Cycle';
CREATE INDEX ON watched USING gin (teacher_ids) WHERE kind = 'Cycle';

-- The measurements of a goal, its baseline's among them: a row each, for there may be a thousand of them.
CREATE TABLE measured (
    tenant         uuid NOT NULL,
    goal_id        uuid NOT NULL,
    measurement_id uuid NOT NULL,
    occurred_at    timestamptz NOT NULL,
    recorded_at    timestamptz NOT NULL,
    retracted_at   timestamptz,
    PRIMARY KEY (tenant, goal_id, occurred_at, recorded_at, measurement_id)
);

-- What cycles depend on and has changed since their timers were worked out; empty but for the time of a transaction
-- and of a rebuild.
CREATE TABLE touched (
    tenant uuid NOT NULL,
    kind   text NOT NULL,
    own_id uuid NOT NULL,
    PRIMARY KEY (tenant, kind, own_id)
);

-- What falls due, and what fell due and still stands. `send_at` is the first moment from `due_at` on at which somebody
-- may be told, if any calendar knows of one; each recipient is "role:person".
CREATE TABLE timers (
    tenant         uuid NOT NULL,
    watch_id       uuid NOT NULL,
    rule           text NOT NULL,
    rule_version   integer NOT NULL,
    occurrence     text NOT NULL,
    partition      smallint NOT NULL,
    due_at         timestamptz NOT NULL,
    send_at        timestamptz,
    goal_id        uuid,
    recipients     text NOT NULL,
    reached        boolean NOT NULL,
    of_partnership boolean NOT NULL,
    PRIMARY KEY (tenant, watch_id, rule, occurrence)
);
CREATE INDEX ON timers (tenant, send_at) WHERE NOT reached;

-- A cycle as it stands: who coaches it now, if anybody, the experience band of its teachers, if it is one, and where
-- it is.
CREATE TABLE caseload (
    tenant         uuid NOT NULL,
    cycle_id       uuid NOT NULL,
    partnership_id uuid NOT NULL,
    coach_id       uuid,
    teacher_ids    uuid[] NOT NULL,
    band           text,
    focus          text NOT NULL,
    phase          text,
    time_zone      text,
    started_at     timestamptz NOT NULL,
    began          bigint NOT NULL,
    open           boolean NOT NULL,
    paused         boolean NOT NULL,
    visited_at     timestamptz,
    trends         text NOT NULL,
    PRIMARY KEY (tenant, cycle_id)
);
CREATE INDEX ON caseload (tenant, coach_id, started_at, began) WHERE open;
