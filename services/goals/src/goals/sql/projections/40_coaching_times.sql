-- What coaching time was planned for and spent on, as observations tells it: visits to classrooms and activities alike.
-- `began_at` to `ended_at` is the time that was held; of what is only planned there is no end yet.
CREATE TABLE coaching_times (
    tenant          uuid NOT NULL,
    time_id         uuid NOT NULL,
    type            text NOT NULL,
    status          text NOT NULL,
    coach_id        uuid NOT NULL,
    cycle_id        uuid,
    teacher_ids     uuid[] NOT NULL,
    began_at        timestamptz NOT NULL,
    ended_at        timestamptz,
    mode            text,
    instrument      text,
    shared_at       timestamptz,
    acknowledged_at timestamptz,
    PRIMARY KEY (tenant, time_id)
);
CREATE INDEX ON coaching_times (tenant, cycle_id, began_at);

CREATE INDEX ON listed_steps (tenant, cycle_id);
