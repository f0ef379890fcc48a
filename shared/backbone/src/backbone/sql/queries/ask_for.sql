-- $1 the districts whose rows are asked for next, as an array in text
SELECT set_config('chalkline.tenants', $1, false)
