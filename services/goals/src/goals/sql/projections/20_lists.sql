-- What a person sees of their own: partnerships, cycles and goals, newest first. `…_teachers` and `board_owners` say
-- whose a row is, for good and in the order of the list; `began` and `position` are the first and the last event a row
-- reflects. A coach's rows are those of the partnerships they coach in now (`partnerships`, facts): a row's `coach_id`
-- is who coached when it began.
CREATE TABLE listed_partnerships (
    tenant         uuid NOT NULL,
    partnership_id uuid NOT NULL,
    coach_id       uuid NOT NULL,
    teacher_ids    uuid[] NOT NULL,
    template       text NOT NULL,
    status         text NOT NULL,
    consented      uuid[] NOT NULL,
    proposed_at    timestamptz NOT NULL,
    began          bigint NOT NULL,
    position       bigint NOT NULL,
    PRIMARY KEY (tenant, partnership_id)
);
CREATE INDEX ON listed_partnerships (tenant, proposed_at, began);
CREATE INDEX ON listed_partnerships (tenant, coach_id, proposed_at, began);

CREATE TABLE partnership_teachers (
    tenant         uuid NOT NULL,
    person_id      uuid NOT NULL,
    proposed_at    timestamptz NOT NULL,
    partnership_id uuid NOT NULL,
    began          bigint NOT NULL,
    PRIMARY KEY (tenant, person_id, proposed_at, began)
);

CREATE TABLE listed_cycles (
    tenant         uuid NOT NULL,
    cycle_id       uuid NOT NULL,
    partnership_id uuid NOT NULL,
    coach_id       uuid NOT NULL,
    teacher_ids    uuid[] NOT NULL,
    focus          text NOT NULL,
    template       text NOT NULL,
    phase          text,
    status         text NOT NULL,
    follow_up      text,
    planned_weeks  integer NOT NULL,
    cadence_days   integer NOT NULL,
    started_at     timestamptz NOT NULL,
    ended_at       timestamptz,
    began          bigint NOT NULL,
    position       bigint NOT NULL,
    PRIMARY KEY (tenant, cycle_id)
);
CREATE INDEX ON listed_cycles (tenant, started_at, began);
CREATE INDEX ON listed_cycles (tenant, partnership_id, started_at, began);

CREATE TABLE cycle_teachers (
    tenant     uuid NOT NULL,
    person_id  uuid NOT NULL,
    started_at timestamptz NOT NULL,
    cycle_id   uuid NOT NULL,
    began      bigint NOT NULL,
    PRIMARY KEY (tenant, person_id, started_at, began)
);

CREATE TABLE board_goals (
    tenant               uuid NOT NULL,
    goal_id              uuid NOT NULL,
    cycle_id             uuid NOT NULL,
    partnership_id       uuid NOT NULL,
    coach_id             uuid NOT NULL,
    owner_ids            uuid[] NOT NULL,
    focus                text NOT NULL,
    status               text NOT NULL,
    metric_code          text,
    direction            text,
    target               text,
    tolerance            text,
    due_on               date,
    required_consecutive integer,
    goal_version         integer,
    drafted_at           timestamptz NOT NULL,
    began                bigint NOT NULL,
    position             bigint NOT NULL,
    PRIMARY KEY (tenant, goal_id)
);
CREATE INDEX ON board_goals (tenant, partnership_id, drafted_at, began);
CREATE INDEX ON board_goals (tenant, cycle_id, drafted_at, began);

CREATE TABLE board_owners (
    tenant     uuid NOT NULL,
    person_id  uuid NOT NULL,
    drafted_at timestamptz NOT NULL,
    goal_id    uuid NOT NULL,
    began      bigint NOT NULL,
    PRIMARY KEY (tenant, person_id, drafted_at, began)
);

-- A goal's chart. `position` and `ordinal` are where in the log a measurement was told; progress is noted
-- here alone, and leaves the row in `board_goals` as it was.
CREATE TABLE board_measurements (
    tenant         uuid NOT NULL,
    goal_id        uuid NOT NULL,
    measurement_id uuid NOT NULL,
    occurred_at    timestamptz NOT NULL,
    position       bigint NOT NULL,
    ordinal        integer NOT NULL,
    quotient       text NOT NULL,
    is_baseline    boolean NOT NULL,
    PRIMARY KEY (tenant, goal_id, measurement_id)
);
