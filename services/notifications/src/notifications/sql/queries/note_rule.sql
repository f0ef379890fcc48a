INSERT INTO milestone_rules (tenant, key, version, milestone, enabled, days, recipients, published_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
    ON CONFLICT DO NOTHING
