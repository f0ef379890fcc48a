-- $1 a tenant, none: all. Sandboxes whose clock was put elsewhere than what falls due is done up to
SELECT d.tenant, d.clock
  FROM districts d
  LEFT JOIN work.clocks c USING (tenant)
 WHERE d.sandbox AND d.clock IS DISTINCT FROM c.clock AND ($1::uuid IS NULL OR d.tenant = $1)
