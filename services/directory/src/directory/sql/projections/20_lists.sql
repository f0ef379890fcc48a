-- People and organisations, newest first, with references to their names: the words stay in
-- `ledger.private_words`, where they can be erased.
CREATE TABLE listed_people (
    tenant          uuid NOT NULL,
    person_id       uuid NOT NULL,
    name_ref        uuid NOT NULL,
    experience_band text,
    active          boolean NOT NULL,
    enrolled_at     timestamptz NOT NULL,
    began           bigint NOT NULL,
    position        bigint NOT NULL,
    PRIMARY KEY (tenant, person_id)
);
CREATE INDEX ON listed_people (tenant, enrolled_at, began);
CREATE INDEX ON listed_people (tenant, experience_band, enrolled_at, began);
CREATE INDEX ON listed_people (tenant, active, enrolled_at, began);

-- Who holds what where, in the order of the list, for those who look for a role or an organisation.
CREATE TABLE listed_roles (
    tenant      uuid NOT NULL,
    person_id   uuid NOT NULL,
    role        text NOT NULL,
    org_id      uuid NOT NULL,
    begins      date NOT NULL,
    ends        date,
    enrolled_at timestamptz NOT NULL,
    began       bigint NOT NULL,
    PRIMARY KEY (tenant, person_id, role, org_id)
);
CREATE INDEX ON listed_roles (tenant, role, enrolled_at, began);
CREATE INDEX ON listed_roles (tenant, org_id, enrolled_at, began);

-- A row of the list of people: with the name, and the roles that are held or are to be held.
CREATE VIEW told_people AS
SELECT l.tenant, l.person_id AS id, l.enrolled_at AS at, l.began, l.position, w.words AS name, l.experience_band,
       l.active,
       CASE WHEN l.active THEN
            coalesce((SELECT jsonb_agg(jsonb_build_object('role', r.role, 'org_id', r.org_id, 'begin', r.begins,
                                                          'end', r.ends) ORDER BY r.role, r.org_id)
                        FROM listed_roles r
                       WHERE r.tenant = l.tenant AND r.person_id = l.person_id), '[]')
            ELSE '[]' END AS roles
  FROM listed_people l
  LEFT JOIN ledger.private_words w ON w.tenant = l.tenant AND w.ref = l.name_ref;

CREATE TABLE listed_orgs (
    tenant    uuid NOT NULL,
    org_id    uuid NOT NULL,
    name_ref  uuid NOT NULL,
    type      text NOT NULL,
    parent_id uuid,
    time_zone text,
    closed    boolean NOT NULL,
    opened_at timestamptz NOT NULL,
    began     bigint NOT NULL,
    position  bigint NOT NULL,
    PRIMARY KEY (tenant, org_id)
);
CREATE INDEX ON listed_orgs (tenant, opened_at, began);
