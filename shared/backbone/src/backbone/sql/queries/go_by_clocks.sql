-- $1 tenants, $2 clocks: what falls due is done up to there
INSERT INTO work.clocks (tenant, clock)
SELECT * FROM unnest($1::uuid[], $2::timestamptz[]) ORDER BY 1
    ON CONFLICT (tenant) DO UPDATE SET clock = excluded.clock
