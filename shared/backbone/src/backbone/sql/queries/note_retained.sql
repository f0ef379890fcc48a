-- $1 tenant, $2 the day up to which it has been looked through
INSERT INTO work.retained (tenant, day) VALUES ($1, $2)
    ON CONFLICT (tenant) DO UPDATE SET day = excluded.day
