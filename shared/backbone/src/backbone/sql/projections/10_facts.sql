-- What every service must know of directory's and goals' aggregates: ids, codes and dates, never a name.
CREATE TABLE districts (
    tenant    uuid PRIMARY KEY,
    sandbox   boolean NOT NULL,
    clock     timestamptz,
    time_zone text NOT NULL,
    closed    boolean NOT NULL DEFAULT false
);

-- A district's policy and calendar, each as it was told last (DistrictPolicyChanged, CalendarChanged).
CREATE TABLE policies (
    tenant uuid PRIMARY KEY,
    told   jsonb NOT NULL
);

CREATE TABLE calendars (
    tenant uuid PRIMARY KEY,
    told   jsonb NOT NULL
);

CREATE TABLE orgs (
    tenant    uuid NOT NULL,
    org_id    uuid NOT NULL,
    type      text NOT NULL,
    parent_id uuid,
    time_zone text,
    closed    boolean NOT NULL DEFAULT false,
    PRIMARY KEY (tenant, org_id)
);

CREATE TABLE people (
    tenant          uuid NOT NULL,
    person_id       uuid NOT NULL,
    active          boolean NOT NULL,
    experience_band text,
    PRIMARY KEY (tenant, person_id)
);

CREATE TABLE roles (
    tenant    uuid NOT NULL,
    person_id uuid NOT NULL,
    role      text NOT NULL,
    org_id    uuid NOT NULL,
    begins    date NOT NULL,
    ends      date,
    withdrawn boolean NOT NULL DEFAULT false,
    PRIMARY KEY (tenant, person_id, role, org_id)
);
CREATE INDEX ON roles (tenant, org_id);
CREATE INDEX ON roles (tenant, person_id, org_id) WHERE role IN ('principal', 'administrator') AND NOT withdrawn;
CREATE INDEX ON roles (tenant) WHERE role = 'coaching_lead' AND NOT withdrawn;

-- Where people work: at an organisation they hold a role at, and through a department at the school it lies in.
-- Never at the district's office, which is nobody's school. What is not known yet of an organisation changes nothing.
CREATE VIEW workplaces AS
SELECT r.tenant, r.person_id, r.org_id, r.begins, r.ends
  FROM roles r
  LEFT JOIN orgs o ON o.tenant = r.tenant AND o.org_id = r.org_id
 WHERE NOT r.withdrawn AND coalesce(o.type, 'school') <> 'district'
UNION ALL
SELECT r.tenant, r.person_id, s.org_id, r.begins, r.ends
  FROM roles r
  JOIN orgs o ON o.tenant = r.tenant AND o.org_id = r.org_id AND o.type = 'department'
  JOIN orgs s ON s.tenant = o.tenant AND s.org_id = o.parent_id AND s.type = 'school'
 WHERE NOT r.withdrawn;

-- What their roles come to. Only at the district's own office does an administrator administer the district; whoever
-- administers a school, as rosters call an assistant principal, leads that school as a principal does.
CREATE VIEW held_roles AS
SELECT r.tenant, r.person_id, r.org_id, r.begins, r.ends,
       CASE WHEN r.role = 'administrator' AND (o.type IS DISTINCT FROM 'district' OR o.closed) THEN 'principal'
            ELSE r.role END AS role
  FROM roles r
  LEFT JOIN orgs o ON o.tenant = r.tenant AND o.org_id = r.org_id
 WHERE NOT r.withdrawn;

CREATE TABLE evaluators (
    tenant       uuid NOT NULL,
    teacher_id   uuid NOT NULL,
    evaluator_id uuid NOT NULL,
    PRIMARY KEY (tenant, teacher_id, evaluator_id)
);

CREATE TABLE partnerships (
    tenant         uuid NOT NULL,
    partnership_id uuid NOT NULL,
    coach_id       uuid NOT NULL,
    teacher_ids    uuid[] NOT NULL,
    status         text NOT NULL,
    since          timestamptz NOT NULL,
    PRIMARY KEY (tenant, partnership_id)
);
CREATE INDEX ON partnerships (tenant, coach_id);

-- What lets somebody outside a pair read what is a teacher's, until it expires: a row each person who may. Without a
-- partnership it is about all of the teacher's; a share that was revoked has no row.
CREATE TABLE shares (
    tenant         uuid NOT NULL,
    share_id       uuid NOT NULL,
    person_id      uuid NOT NULL,
    teacher_id     uuid NOT NULL,
    partnership_id uuid,
    cycle_id       uuid,
    goal_id        uuid,
    expires_at     timestamptz NOT NULL,
    why            text NOT NULL,
    PRIMARY KEY (tenant, share_id, person_id)
);
CREATE INDEX ON shares (tenant, person_id, teacher_id);

-- Those that open something now, by the district's own clock. Who has left the district reads nothing, and by broken
-- glass nobody who is no administrator any more.
CREATE VIEW open_shares AS
SELECT s.*
  FROM shares s
  LEFT JOIN districts d ON d.tenant = s.tenant
  JOIN people p ON p.tenant = s.tenant AND p.person_id = s.person_id AND p.active
 WHERE s.expires_at > coalesce(d.clock, now())
   AND (s.why = 'share' OR EXISTS (
            SELECT FROM held_roles r
             WHERE r.tenant = s.tenant AND r.person_id = s.person_id AND r.role = 'administrator'
               AND (coalesce(d.clock, now()) AT TIME ZONE coalesce(d.time_zone, 'UTC'))::date
                   BETWEEN r.begins AND coalesce(r.ends, 'infinity')));

-- What directory asked every service to erase: all that is a person's, or texts by their references.
CREATE TABLE erasures (
    tenant     uuid NOT NULL,
    erasure_id uuid NOT NULL,
    person_id  uuid NOT NULL,
    refs       uuid[],
    position   bigint NOT NULL,
    PRIMARY KEY (tenant, erasure_id)
);

-- Whose content must be kept, as long as any of their holds stands.
CREATE TABLE holds (
    tenant    uuid NOT NULL,
    person_id uuid NOT NULL,
    hold_id   uuid NOT NULL,
    PRIMARY KEY (tenant, person_id, hold_id)
);
