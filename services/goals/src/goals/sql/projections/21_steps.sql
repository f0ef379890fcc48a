-- Action steps, newest first: the teacher's own, and the coach's by the partnership as it stands (`partnerships`,
-- facts). `began` and `position` are the first and the last event a row reflects.
CREATE TABLE listed_steps (
    tenant         uuid NOT NULL,
    step_id        uuid NOT NULL,
    cycle_id       uuid NOT NULL,
    partnership_id uuid NOT NULL,
    teacher_id     uuid NOT NULL,
    goal_id        uuid,
    strategy_code  text NOT NULL,
    checklist      text,
    check_back_on  date NOT NULL,
    offered_by     uuid NOT NULL,
    answer         text,
    status         text NOT NULL,
    practised_n    integer NOT NULL,
    offered_at     timestamptz NOT NULL,
    changed_at     timestamptz NOT NULL,
    began          bigint NOT NULL,
    position       bigint NOT NULL,
    PRIMARY KEY (tenant, step_id)
);
CREATE INDEX ON listed_steps (tenant, teacher_id, offered_at, began);
CREATE INDEX ON listed_steps (tenant, partnership_id, offered_at, began);
