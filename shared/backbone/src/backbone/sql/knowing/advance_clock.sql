UPDATE districts SET clock = $2 WHERE tenant = $1
