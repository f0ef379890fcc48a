-- What an erasure has not taken because a legal hold on somebody else keeps it: how many texts, and whose holds. Once one
-- of these is lifted the erasure is gone through again.
ALTER TABLE work.erasures
    ADD COLUMN n_held  integer NOT NULL DEFAULT 0,
    ADD COLUMN held_by uuid[] NOT NULL DEFAULT '{}';
