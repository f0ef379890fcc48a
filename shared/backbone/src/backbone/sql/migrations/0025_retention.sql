-- Up to which day what a district keeps for a time has been looked through here, by its own calendar.
CREATE TABLE work.retained (
    tenant uuid PRIMARY KEY,
    day    date NOT NULL
);
GRANT SELECT, INSERT, UPDATE ON work.retained TO :app;
