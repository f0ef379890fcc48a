-- $1 tenant, $2 the erasure that this is: deletes every text, and counts them with the same commit
WITH gone AS (DELETE FROM ledger.private_words WHERE tenant = $1 RETURNING 1)
INSERT INTO work.erasures AS e (tenant, erasure_id, n_items, done_at)
SELECT $1, $2, count(*), now() FROM gone
    ON CONFLICT (tenant, erasure_id) DO UPDATE SET n_items = e.n_items + excluded.n_items
RETURNING n_items
