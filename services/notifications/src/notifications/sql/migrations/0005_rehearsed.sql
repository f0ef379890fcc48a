-- Of each milestone that is the pair's own what rehearsals of its rule have told those who lead: compressed JSON. Never
-- rebuilt: what was told is known to whoever heard it, and nothing is told that would tell of few beside it.
CREATE TABLE work.rehearsed (
    tenant    uuid NOT NULL,
    milestone text NOT NULL,
    kept      bytea NOT NULL,
    PRIMARY KEY (tenant, milestone)
);
GRANT SELECT, INSERT, UPDATE ON work.rehearsed TO :app;
