-- Acts that the log was not told of yet, in their order
SELECT act_id, act, operator, acted_at, outcome, code, n_items FROM untold_acts ORDER BY acted_at, act_id
