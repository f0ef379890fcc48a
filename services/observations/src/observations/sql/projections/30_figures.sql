-- What a coach's time was spent on: a row each observation that was recorded and each activity that was held; one that was
-- voided has none. Stretches begin at a whole second.
CREATE TABLE held_stretches (
    tenant         uuid NOT NULL,
    source_id      uuid NOT NULL,
    coach_id       uuid NOT NULL,
    partnership_id uuid,
    cycle_id       uuid,
    teacher_ids    uuid[] NOT NULL,
    type           text NOT NULL,
    begins         timestamptz NOT NULL,
    ends           timestamptz NOT NULL,
    position       bigint NOT NULL,
    PRIMARY KEY (tenant, source_id)
);
CREATE INDEX ON held_stretches (tenant, coach_id, begins);
CREATE INDEX ON held_stretches (tenant, cycle_id);

-- Each moment of a coach once: what of a day (of UTC, beginning at `begins`) they spent on a type, less what a type that
-- comes before it fills. Worked out anew from `held_stretches` for every day that one of them touches.
CREATE TABLE coach_days (
    tenant   uuid NOT NULL,
    coach_id uuid NOT NULL,
    begins   timestamptz NOT NULL,
    type     text NOT NULL,
    seconds  integer NOT NULL,
    spent    tstzmultirange NOT NULL,
    PRIMARY KEY (tenant, coach_id, begins, type)
);
CREATE INDEX ON coach_days (tenant, begins);

-- Days in which something changed; empty but for the time of a transaction and of a rebuild.
CREATE TABLE touched_days (
    tenant   uuid NOT NULL,
    coach_id uuid NOT NULL,
    begins   timestamptz NOT NULL,
    PRIMARY KEY (tenant, coach_id, begins)
);

-- Of each cycle what it was planned as, who ever took part and who left, and when its days do not count: `pauses` are
-- [from, until) of its own dates, until is null while it lasts.
CREATE TABLE coached_cycles (
    tenant         uuid NOT NULL,
    cycle_id       uuid NOT NULL,
    partnership_id uuid NOT NULL,
    coach_id       uuid NOT NULL,
    teacher_ids    uuid[] NOT NULL,
    left_ids       uuid[] NOT NULL,
    focus          text NOT NULL,
    phases         text[] NOT NULL,
    planned_weeks  integer NOT NULL,
    cadence_days   integer NOT NULL,
    time_zone      text,
    started_at     timestamptz NOT NULL,
    ended_at       timestamptz,
    pauses         jsonb NOT NULL,
    began          bigint NOT NULL,
    position       bigint NOT NULL,
    PRIMARY KEY (tenant, cycle_id)
);
CREATE INDEX ON coached_cycles (tenant, started_at, began);
CREATE INDEX ON coached_cycles (tenant, partnership_id, started_at, began);

-- Whose a goal is: an observation names none of another partnership's, and none of a teacher's who was not observed.
CREATE TABLE coached_goals (
    tenant         uuid NOT NULL,
    goal_id        uuid NOT NULL,
    partnership_id uuid NOT NULL,
    owner_ids      uuid[] NOT NULL,
    PRIMARY KEY (tenant, goal_id)
);

-- Whose cycles they are, in the order of the list.
CREATE TABLE coached_teachers (
    tenant     uuid NOT NULL,
    teacher_id uuid NOT NULL,
    started_at timestamptz NOT NULL,
    began      bigint NOT NULL,
    cycle_id   uuid NOT NULL,
    PRIMARY KEY (tenant, teacher_id, started_at, began)
);

-- How much of a checklist was met, whenever that was measured, with the teachers it is about. What an observation or an action
-- step measures with is in `fidelity_sources`; a measurement may name its own.
CREATE TABLE fidelity_measurements (
    tenant         uuid NOT NULL,
    source_id      uuid NOT NULL,
    measurement_id uuid NOT NULL,
    checklist      text NOT NULL,
    occurred_at    timestamptz NOT NULL,
    met            bigint NOT NULL,
    total          bigint NOT NULL,
    teacher_ids    uuid[] NOT NULL,
    PRIMARY KEY (tenant, source_id, measurement_id)
);
CREATE INDEX ON fidelity_measurements (tenant, occurred_at);

CREATE TABLE fidelity_sources (
    tenant      uuid NOT NULL,
    source_id   uuid NOT NULL,
    checklist   text,
    teacher_ids uuid[] NOT NULL,
    PRIMARY KEY (tenant, source_id)
);
