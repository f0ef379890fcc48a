-- $1 tenant, $2 aggregates, $3 the partnership of each or null, $4 its people, comma-separated, $5 before: those that a
-- partnership needs that goes on or has ended since, and those that a legal hold keeps
SELECT k.stream_id
  FROM unnest($2::uuid[], $3::uuid[], $4::text[]) AS k (stream_id, partnership_id, people)
  LEFT JOIN partnerships p ON p.tenant = $1 AND p.partnership_id = k.partnership_id
 WHERE (k.partnership_id IS NOT NULL
        AND NOT coalesce(p.status IN ('ended', 'declined') AND p.since < $5::timestamptz, false))
    OR EXISTS (SELECT FROM holds h
                WHERE h.tenant = $1 AND h.person_id = ANY (string_to_array(k.people, ',')::uuid[]))
