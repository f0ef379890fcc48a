-- What was observed for each goal, for the day on which it has a baseline; what was taken back says why, and no more.
CREATE TABLE observed (
    tenant         uuid NOT NULL,
    goal_id        uuid NOT NULL,
    measurement_id uuid NOT NULL,
    observation_id uuid NOT NULL,
    partnership_id uuid NOT NULL,
    measurement    text,
    position       bigint NOT NULL,
    ordinal        smallint NOT NULL,
    gone_for       text,
    PRIMARY KEY (tenant, goal_id, measurement_id)
);
