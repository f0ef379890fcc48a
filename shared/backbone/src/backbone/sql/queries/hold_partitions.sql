-- $1 this life of the process, $2 what it is called, $3 seconds
SELECT slot, share, partitions, epochs FROM work.hold_partitions($1, $2, $3)
