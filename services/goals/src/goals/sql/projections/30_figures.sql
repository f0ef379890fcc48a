-- What figures about a district are made of: a row a cycle and a row a goal, codes and counts, and who takes part, so that
-- groups too small to be told of are noticed. `year` is the one in which the school year began (in July).
CREATE TABLE figured_cycles (
    tenant       uuid NOT NULL,
    cycle_id     uuid NOT NULL,
    school_id    uuid,
    year         integer NOT NULL,
    month        text NOT NULL,
    template     text NOT NULL,
    teacher_ids  uuid[] NOT NULL,
    status       text NOT NULL,
    follow_up    text,
    phase        text,
    phase_since  timestamptz,
    phase_paused interval NOT NULL,
    paused_at    timestamptz,
    time_zone    text,
    PRIMARY KEY (tenant, cycle_id)
);
CREATE INDEX ON figured_cycles (tenant, year);

-- How long a cycle was in a phase of its, pauses not counted; a phase it is still in is not there yet.
CREATE TABLE phase_times (
    tenant      uuid NOT NULL,
    cycle_id    uuid NOT NULL,
    phase       text NOT NULL,
    school_id   uuid,
    year        integer NOT NULL,
    template    text NOT NULL,
    seconds     bigint NOT NULL,
    teacher_ids uuid[] NOT NULL,
    PRIMARY KEY (tenant, cycle_id, phase)
);
CREATE INDEX ON phase_times (tenant, year);

-- `stage`: 0 drafted, 1 baselined, 2 set, 3 target met, 4 achieved, as it stands; `students`: as many as were told of;
-- `baseline` and `final`: those of its achievement.
CREATE TABLE figured_goals (
    tenant      uuid NOT NULL,
    goal_id     uuid NOT NULL,
    cycle_id    uuid NOT NULL,
    focus       text NOT NULL,
    owner_ids   uuid[] NOT NULL,
    stage       smallint NOT NULL,
    metric_code text,
    kind        text,
    unit        text,
    direction   text,
    subgroup    text,
    students    integer,
    baseline    text,
    final       text,
    PRIMARY KEY (tenant, goal_id)
);
CREATE INDEX ON figured_goals (tenant, cycle_id);

-- Which goals serve which initiatives.
CREATE TABLE initiative_goals (
    tenant        uuid NOT NULL,
    goal_id       uuid NOT NULL,
    initiative_id uuid NOT NULL,
    PRIMARY KEY (tenant, goal_id, initiative_id)
);
