INSERT INTO districts (tenant, sandbox, clock, time_zone) VALUES ($1, $2, $3, $4)
    ON CONFLICT (tenant) DO UPDATE
   SET sandbox = excluded.sandbox, clock = excluded.clock, time_zone = excluded.time_zone
