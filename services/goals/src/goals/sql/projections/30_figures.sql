-- What figures about a district are made of: a row a cycle and a row a goal, codes and counts, and who takes part, so that
-- groups too small to be told of are noticed. `year` is the one in which the school year began (in July).
-- `months`: how it stood at the end of each month in which something of it was recorded, as JSON: figures are of months that are over.
CREATE TABLE figured_cycles (
    tenant       uuid NOT NULL,
    cycle_id     uuid NOT NULL,
    school_id    uuid,
    year         integer NOT NULL,
    month        text NOT NULL,
    template     text NOT NULL,
    focus        text NOT NULL,
    teacher_ids  uuid[] NOT NULL,
    status       text NOT NULL,
    follow_up    text,
    phase        text,
    phase_since  timestamptz,
    phase_paused interval NOT NULL,
    paused_at    timestamptz,
    time_zone    text,
    months       text NOT NULL,
    PRIMARY KEY (tenant, cycle_id)
);
CREATE INDEX ON figured_cycles (tenant, year);

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
    months      text NOT NULL,
    PRIMARY KEY (tenant, goal_id)
);
CREATE INDEX ON figured_goals (tenant, cycle_id);

-- Which goals serve which initiatives, and the month from which on.
CREATE TABLE initiative_goals (
    tenant        uuid NOT NULL,
    goal_id       uuid NOT NULL,
    initiative_id uuid NOT NULL,
    month         text NOT NULL,
    PRIMARY KEY (tenant, goal_id, initiative_id)
);
