-- $1 tenants, $2 cycles
SELECT c.tenant, c.cycle_id AS key, c.partnership_id, c.coach_id, c.teacher_ids, c.time_zone, c.open
       AND NOT EXISTS (SELECT FROM ended_partnerships e
                    WHERE e.tenant = c.tenant AND e.partnership_id = c.partnership_id) AS open
  FROM unnest($1::uuid[], $2::uuid[]) AS k (tenant, cycle_id)
  JOIN watched_cycles c ON c.tenant = k.tenant AND c.cycle_id = k.cycle_id
