-- People and organisations, newest first, with references to their names: the words stay in
-- `ledger.private_words`, where they can be erased. Roles are in `roles` (facts).
CREATE TABLE listed_people (
    tenant          uuid NOT NULL,
    person_id       uuid NOT NULL,
    name_ref        uuid NOT NULL,
    experience_band text,
    active          boolean NOT NULL,
    enrolled_at     timestamptz NOT NULL,
    position        bigint NOT NULL,
    PRIMARY KEY (tenant, person_id)
);
CREATE INDEX ON listed_people (tenant, enrolled_at, person_id);

CREATE TABLE listed_orgs (
    tenant    uuid NOT NULL,
    org_id    uuid NOT NULL,
    name_ref  uuid NOT NULL,
    type      text NOT NULL,
    parent_id uuid,
    time_zone text,
    closed    boolean NOT NULL,
    opened_at timestamptz NOT NULL,
    position  bigint NOT NULL,
    PRIMARY KEY (tenant, org_id)
);
CREATE INDEX ON listed_orgs (tenant, opened_at, org_id);
