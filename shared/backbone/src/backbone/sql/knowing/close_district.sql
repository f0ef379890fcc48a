UPDATE districts SET closed = true WHERE tenant = $1
