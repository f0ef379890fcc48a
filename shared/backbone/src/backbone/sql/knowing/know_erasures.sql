-- $1 tenants, $2 erasures, $3 people, $4 references, comma-separated, or nothing where all that is theirs is meant, $5
-- where directory told it
INSERT INTO erasures (tenant, erasure_id, person_id, refs, position)
SELECT t, e, p, string_to_array(r, ',')::uuid[], n
  FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::bigint[]) AS k (t, e, p, r, n)
    ON CONFLICT (tenant, erasure_id) DO NOTHING
