-- What teachers let others see, newest first, for the teacher and for each of those they let; `began` is the position of the
-- event that granted it, `position` that of the last which the row reflects.
CREATE TABLE listed_shares (
    tenant         uuid NOT NULL,
    share_id       uuid NOT NULL,
    partnership_id uuid NOT NULL,
    teacher_id     uuid NOT NULL,
    cycle_id       uuid,
    goal_id        uuid,
    audience       uuid[] NOT NULL,
    granted_at     timestamptz NOT NULL,
    expires_at     timestamptz NOT NULL,
    revoked        boolean NOT NULL,
    began          bigint NOT NULL,
    position       bigint NOT NULL,
    PRIMARY KEY (tenant, share_id)
);

CREATE TABLE sharing_people (
    tenant     uuid NOT NULL,
    person_id  uuid NOT NULL,
    granted_at timestamptz NOT NULL,
    began      bigint NOT NULL,
    share_id   uuid NOT NULL,
    PRIMARY KEY (tenant, person_id, granted_at, began)
);
