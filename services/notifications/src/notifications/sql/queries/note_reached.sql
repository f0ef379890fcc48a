INSERT INTO reached_milestones (tenant, cycle_id, milestone, rule_version, occurrence) VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT DO NOTHING
