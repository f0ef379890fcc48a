-- $1 source
SELECT incarnation FROM incarnations WHERE source = $1
