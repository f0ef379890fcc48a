-- What the timers of a cycle are worked out from. Each row belongs to one aggregate; `timers` is worked out
-- anew from them for every cycle that one of them touches.
CREATE TABLE watched_cycles (
    tenant         uuid NOT NULL,
    cycle_id       uuid NOT NULL,
    partnership_id uuid NOT NULL,
    coach_id       uuid NOT NULL,
    teacher_ids    uuid[] NOT NULL,
    started_at     timestamptz NOT NULL,
    recorded_at    timestamptz NOT NULL,
    cadence_days   integer NOT NULL,
    planned_weeks  integer NOT NULL,
    time_zone      text,
    partition      smallint NOT NULL,
    open           boolean NOT NULL DEFAULT true,
    PRIMARY KEY (tenant, cycle_id)
);

-- A partnership's end ends its cycles, whichever of the two is heard of first.
CREATE TABLE ended_partnerships (
    tenant         uuid NOT NULL,
    partnership_id uuid NOT NULL,
    PRIMARY KEY (tenant, partnership_id)
);

CREATE TABLE watched_goals (
    tenant      uuid NOT NULL,
    goal_id     uuid NOT NULL,
    cycle_id    uuid NOT NULL,
    baselined   boolean NOT NULL DEFAULT false,
    set_at      timestamptz,
    active      boolean NOT NULL DEFAULT false,
    recorded_at timestamptz NOT NULL,
    PRIMARY KEY (tenant, goal_id)
);
CREATE INDEX ON watched_goals (tenant, cycle_id);

CREATE TABLE watched_measurements (
    tenant         uuid NOT NULL,
    measurement_id uuid NOT NULL,
    goal_id        uuid NOT NULL,
    occurred_at    timestamptz NOT NULL,
    recorded_at    timestamptz NOT NULL,
    PRIMARY KEY (tenant, goal_id, measurement_id)
);

CREATE TABLE watched_visits (
    tenant         uuid NOT NULL,
    observation_id uuid NOT NULL,
    cycle_id       uuid NOT NULL,
    started_at     timestamptz NOT NULL,
    recorded_at    timestamptz NOT NULL,
    PRIMARY KEY (tenant, observation_id)
);
CREATE INDEX ON watched_visits (tenant, cycle_id);

CREATE TABLE milestone_rules (
    tenant       uuid NOT NULL,
    key          uuid NOT NULL,
    version      integer NOT NULL,
    milestone    text NOT NULL,
    enabled      boolean NOT NULL,
    days         integer,
    recipients   text[] NOT NULL,
    published_at timestamptz NOT NULL,
    PRIMARY KEY (tenant, key, version)
);

CREATE TABLE reached_milestones (
    tenant       uuid NOT NULL,
    cycle_id     uuid NOT NULL,
    milestone    text NOT NULL,
    rule_version integer NOT NULL,
    occurrence   text NOT NULL,
    PRIMARY KEY (tenant, cycle_id, milestone, rule_version, occurrence)
);

-- What falls due. `derived_at` is when the latest fact behind it was recorded: what had been due more than
-- a day before that is history, not a reminder.
CREATE TABLE timers (
    tenant       uuid NOT NULL,
    cycle_id     uuid NOT NULL,
    rule         text NOT NULL,
    rule_version integer NOT NULL,
    occurrence   text NOT NULL,
    partition    smallint NOT NULL,
    due_at       timestamptz NOT NULL,
    derived_at   timestamptz NOT NULL,
    goal_id      uuid,
    recipients   text[] NOT NULL,
    PRIMARY KEY (tenant, cycle_id, rule, rule_version, occurrence)
);
CREATE INDEX ON timers (tenant, due_at);
