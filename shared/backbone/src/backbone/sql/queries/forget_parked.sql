-- $1 source, $2 the last position that both histories share: what waits beyond it never happened.
DELETE FROM parked WHERE source = $1 AND position > $2
