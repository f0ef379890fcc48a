-- What a measurement does not name is what its observation or its action step measures with, or else the metric itself
INSERT INTO fidelity_measurements
       (tenant, source_id, measurement_id, checklist, occurred_at, met, total, teacher_ids)
SELECT r.tenant, r.source_id, r.measurement_id, coalesce(r.checklist, s.checklist, r.metric_code), r.occurred_at, r.met,
       r.total, s.teacher_ids
  FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::timestamptz[], $7::bigint[], $8::bigint[])
       AS r (tenant, source_id, measurement_id, checklist, metric_code, occurred_at, met, total)
  JOIN fidelity_sources s ON s.tenant = r.tenant AND s.source_id = r.source_id
    ON CONFLICT DO NOTHING
