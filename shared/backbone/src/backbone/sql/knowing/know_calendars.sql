INSERT INTO calendars (tenant, told)
SELECT * FROM unnest($1::uuid[], $2::jsonb[])
    ON CONFLICT (tenant) DO UPDATE SET told = excluded.told
