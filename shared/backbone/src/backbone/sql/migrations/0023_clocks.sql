-- The moment up to which what falls due in a sandbox is done: where its clock was put, once everything that had been
-- recorded anywhere before it was put there is projected here.
CREATE TABLE work.clocks (
    tenant uuid PRIMARY KEY,
    clock  timestamptz NOT NULL
);
GRANT SELECT, INSERT, UPDATE ON work.clocks TO :app;
