-- $1 tenant: how much of each checklist was met whenever it was measured, by month in the district's time zone
SELECT m.source_id, m.measurement_id, m.checklist, m.met, m.total, m.teacher_ids,
       (m.occurred_at AT TIME ZONE d.time_zone)::date AS day
  FROM fidelity_measurements m
  JOIN districts d ON d.tenant = m.tenant
 WHERE m.tenant = $1
