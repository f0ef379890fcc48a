-- $1 command ids of timers: how many of them were settled by a refusal
SELECT count(DISTINCT event_id) FROM work.reactions WHERE event_id = ANY ($1::uuid[])
