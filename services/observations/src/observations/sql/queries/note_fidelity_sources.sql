INSERT INTO fidelity_sources (tenant, source_id, checklist, teacher_ids)
SELECT r.tenant, r.source_id, r.checklist, string_to_array(r.teachers, ',')::uuid[]
  FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[]) AS r (tenant, source_id, checklist, teachers)
    ON CONFLICT DO NOTHING
