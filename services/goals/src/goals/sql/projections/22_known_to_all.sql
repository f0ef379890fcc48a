-- What everybody of a district may know of: initiatives and the models it published itself, newest first. `began` and
-- `position` are the first and the last event a row reflects.
CREATE TABLE listed_initiatives (
    tenant        uuid NOT NULL,
    initiative_id uuid NOT NULL,
    name_ref      uuid NOT NULL,
    focus         text,
    begins        date NOT NULL,
    ends          date,
    status        text NOT NULL,
    launched_at   timestamptz NOT NULL,
    began         bigint NOT NULL,
    position      bigint NOT NULL,
    PRIMARY KEY (tenant, initiative_id)
);
CREATE INDEX ON listed_initiatives (tenant, launched_at, began);

CREATE TABLE listed_templates (
    tenant        uuid NOT NULL,
    template_id   uuid NOT NULL,
    template      text NOT NULL,
    phases        text[] NOT NULL,
    cadence_days  integer NOT NULL,
    planned_weeks integer NOT NULL,
    status        text NOT NULL,
    published_at  timestamptz NOT NULL,
    began         bigint NOT NULL,
    position      bigint NOT NULL,
    PRIMARY KEY (tenant, template_id)
);
CREATE INDEX ON listed_templates (tenant, published_at, began);
