-- $1 tenants, $2 erasures, $3 people, $4 references, comma-separated, or nothing where all that is theirs is meant
INSERT INTO erasures (tenant, erasure_id, person_id, refs)
SELECT t, e, p, string_to_array(r, ',')::uuid[]
  FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[]) AS k (t, e, p, r)
    ON CONFLICT (tenant, erasure_id) DO NOTHING
