-- $1 tenant: whether this service has heard that the district is closed, and how many legal holds stand in it
SELECT EXISTS (SELECT FROM projections.districts d WHERE d.tenant = $1 AND d.closed) AS closed,
       (SELECT count(*) FROM projections.holds h WHERE h.tenant = $1) AS holds
