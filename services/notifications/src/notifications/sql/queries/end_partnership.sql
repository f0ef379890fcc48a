INSERT INTO ended_partnerships (tenant, partnership_id) VALUES ($1, $2) ON CONFLICT DO NOTHING
