-- Figures of a district's school year as they are told until a month turns, and what the release after it has to know of all
-- that was told: both compressed JSON. Never rebuilt: what was told stays told. `month`: the first of which it does not tell.
CREATE TABLE work.releases (
    tenant uuid NOT NULL,
    year   integer NOT NULL,
    month  text NOT NULL,
    told   bytea NOT NULL,
    kept   bytea NOT NULL,
    PRIMARY KEY (tenant, year)
);

-- Up to which month all school years of a district are released.
CREATE TABLE work.released (
    tenant uuid PRIMARY KEY,
    month  text NOT NULL
);
GRANT SELECT, INSERT, UPDATE ON work.releases, work.released TO :app;
