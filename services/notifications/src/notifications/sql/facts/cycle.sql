-- $1 tenants, $2 cycles: as they stand, their coach the one of now, if there is one; none whose partnership is not known
SELECT c.tenant, c.cycle_id AS key, c.partnership_id, c.coach_id, c.teacher_ids, c.band, c.time_zone, c.open
  FROM unnest($1::uuid[], $2::uuid[]) AS k (tenant, cycle_id)
  JOIN caseload c ON c.tenant = k.tenant AND c.cycle_id = k.cycle_id
  JOIN watched p ON p.tenant = c.tenant AND p.kind = 'Partnership' AND p.own_id = c.partnership_id
