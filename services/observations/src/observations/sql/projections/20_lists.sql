-- Observations and instruments, newest first; `began` and `position` are the first and the last event a row reflects.
-- `observed_people` and `active_people` say which teachers one is of, in the order of the list; who coaches them is asked of
-- `partnerships` (facts) when a list is read, so that a new coach finds what a former one no longer does.
CREATE TABLE listed_observations (
    tenant         uuid NOT NULL,
    observation_id uuid NOT NULL,
    partnership_id uuid NOT NULL,
    coach_id       uuid NOT NULL,
    teacher_ids    uuid[] NOT NULL,
    cycle_id       uuid,
    status         text NOT NULL,
    takes_place_at timestamptz NOT NULL,
    duration_s     integer,
    mode           text,
    instrument     text,
    measurements_n integer NOT NULL,
    shared_at      timestamptz,
    acknowledged_at timestamptz,
    began          bigint NOT NULL,
    position       bigint NOT NULL,
    PRIMARY KEY (tenant, observation_id)
);
CREATE INDEX ON listed_observations (tenant, partnership_id, takes_place_at, began);

CREATE TABLE observed_people (
    tenant         uuid NOT NULL,
    person_id      uuid NOT NULL,
    takes_place_at timestamptz NOT NULL,
    observation_id uuid NOT NULL,
    began          bigint NOT NULL,
    PRIMARY KEY (tenant, person_id, takes_place_at, began)
);
CREATE INDEX ON observed_people (tenant, observation_id);

-- An activity that is no partnership's has its coach in `active_people`.
CREATE TABLE listed_activities (
    tenant         uuid NOT NULL,
    activity_id    uuid NOT NULL,
    type           text NOT NULL,
    coach_id       uuid NOT NULL,
    partnership_id uuid,
    teacher_ids    uuid[] NOT NULL,
    cycle_id       uuid,
    phase          text,
    status         text NOT NULL,
    takes_place_at timestamptz NOT NULL,
    minutes        integer NOT NULL,
    participants_n integer,
    reason_code    text,
    began          bigint NOT NULL,
    position       bigint NOT NULL,
    PRIMARY KEY (tenant, activity_id)
);
CREATE INDEX ON listed_activities (tenant, takes_place_at, began);
CREATE INDEX ON listed_activities (tenant, partnership_id, takes_place_at, began);

CREATE TABLE active_people (
    tenant         uuid NOT NULL,
    person_id      uuid NOT NULL,
    takes_place_at timestamptz NOT NULL,
    activity_id    uuid NOT NULL,
    began          bigint NOT NULL,
    PRIMARY KEY (tenant, person_id, takes_place_at, began)
);
CREATE INDEX ON active_people (tenant, activity_id);

-- `reflecting_people` are a reflection's author and, once it is shared, its teachers.
CREATE TABLE listed_reflections (
    tenant         uuid NOT NULL,
    reflection_id  uuid NOT NULL,
    author_id      uuid NOT NULL,
    partnership_id uuid,
    cycle_id       uuid,
    recorded_at    timestamptz NOT NULL,
    shared_at      timestamptz,
    began          bigint NOT NULL,
    position       bigint NOT NULL,
    PRIMARY KEY (tenant, reflection_id)
);
CREATE INDEX ON listed_reflections (tenant, partnership_id, recorded_at, began) WHERE shared_at IS NOT NULL;

CREATE TABLE reflecting_people (
    tenant        uuid NOT NULL,
    person_id     uuid NOT NULL,
    recorded_at   timestamptz NOT NULL,
    reflection_id uuid NOT NULL,
    began         bigint NOT NULL,
    PRIMARY KEY (tenant, person_id, recorded_at, began)
);

CREATE TABLE listed_instruments (
    tenant        uuid NOT NULL,
    instrument_id uuid NOT NULL,
    instrument    text NOT NULL,
    name_ref      uuid NOT NULL,
    framework     text,
    items         jsonb NOT NULL,
    lowest        integer,
    highest       integer,
    status        text NOT NULL,
    published_at  timestamptz NOT NULL,
    began         bigint NOT NULL,
    position      bigint NOT NULL,
    PRIMARY KEY (tenant, instrument_id)
);
CREATE INDEX ON listed_instruments (tenant, published_at, began);

-- Each version of an instrument as it was published, for good.
CREATE TABLE instrument_versions (
    tenant        uuid NOT NULL,
    instrument_id uuid NOT NULL,
    instrument    text NOT NULL,
    name_ref      uuid NOT NULL,
    framework     text,
    items         jsonb NOT NULL,
    lowest        integer,
    highest       integer,
    published_at  timestamptz NOT NULL,
    position      bigint NOT NULL,
    PRIMARY KEY (tenant, position)
);
CREATE INDEX ON instrument_versions (tenant, published_at, position);
CREATE INDEX ON instrument_versions (tenant, instrument_id, published_at, position);
