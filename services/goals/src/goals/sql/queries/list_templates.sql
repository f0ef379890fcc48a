-- $4: each model's phases, separated by commas, since unnest would flatten an array of arrays
INSERT INTO listed_templates
       (tenant, template_id, template, phases, cadence_days, planned_weeks, status, published_at, position, began)
SELECT r.tenant, r.template_id, r.template, string_to_array(r.phases, ','), r.cadence_days, r.planned_weeks, r.status,
       r.published_at, r.position, r.began
  FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::integer[], $6::integer[], $7::text[],
              $8::timestamptz[], $9::bigint[], $10::bigint[])
       AS r (tenant, template_id, template, phases, cadence_days, planned_weeks, status, published_at, position, began)
    ON CONFLICT (tenant, template_id) DO UPDATE
   SET status = excluded.status, position = excluded.position
