-- $1 tenant, $2 school year: what is told of it, none where there was nothing; no row while no release was made
SELECT r.month, (SELECT f.told FROM work.releases f WHERE f.tenant = $1 AND f.year = $2) AS told
  FROM work.released r
 WHERE r.tenant = $1
