-- Of each goal the months in which its target was met and it was achieved, while that holds. `year` is the school year's.
CREATE TABLE counted_goals (
    tenant         uuid NOT NULL,
    goal_id        uuid NOT NULL,
    owner_ids      uuid[] NOT NULL,
    met_month      text,
    met_year       smallint,
    achieved_month text,
    achieved_year  smallint,
    PRIMARY KEY (tenant, goal_id)
);
CREATE INDEX ON counted_goals (tenant, met_year) WHERE met_year IS NOT NULL;
CREATE INDEX ON counted_goals (tenant, achieved_year) WHERE achieved_year IS NOT NULL;
