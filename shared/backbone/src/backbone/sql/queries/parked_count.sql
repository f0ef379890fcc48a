-- How many aggregates wait, of projections and of policies.
SELECT (SELECT count(*) FROM projections.parked WHERE error IS NOT NULL)
     + (SELECT count(*) FROM work.parked WHERE error IS NOT NULL)
