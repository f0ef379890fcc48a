-- $1 tenants, $2 model templates: their rows as they are
SELECT l.*
  FROM unnest($1::uuid[], $2::uuid[]) AS k (tenant, template_id)
  JOIN listed_templates l ON l.tenant = k.tenant AND l.template_id = k.template_id
