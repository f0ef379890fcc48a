DELETE FROM coach_days d
 USING touched_days k
 WHERE d.tenant = k.tenant AND d.coach_id = k.coach_id AND d.begins = k.begins
