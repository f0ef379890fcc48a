-- $1 act: the log has it now
DELETE FROM untold_acts WHERE act_id = $1
