-- $1 tenant: whether a service has heard that the district is closed
SELECT coalesce((SELECT closed FROM projections.districts WHERE tenant = $1), false)
