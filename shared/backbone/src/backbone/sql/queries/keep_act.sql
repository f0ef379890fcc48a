-- $1 tenant, $2 act, $3 its code, $4 operator, $5 when, $6 outcome, $7 code, $8 how much: or what came of one that is kept
INSERT INTO untold_acts (tenant, act_id, act, operator, acted_at, outcome, code, n_items)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
    ON CONFLICT (act_id) DO UPDATE SET outcome = excluded.outcome, code = excluded.code, n_items = excluded.n_items
