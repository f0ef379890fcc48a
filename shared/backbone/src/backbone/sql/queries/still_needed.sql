-- $1 tenant, $2 aggregates, $3 the partnership of each or null, $4 its people, comma-separated, $5 whether those who did
-- something to it have a part in it too, $6 before: those that a partnership needs that goes on or has ended since, and
-- those that a legal hold keeps
SELECT k.stream_id
  FROM unnest($2::uuid[], $3::uuid[], $4::text[], $5::boolean[]) AS k (stream_id, partnership_id, people, written)
  LEFT JOIN partnerships p ON p.tenant = $1 AND p.partnership_id = k.partnership_id
 WHERE (k.partnership_id IS NOT NULL
        AND NOT coalesce(p.status IN ('ended', 'declined') AND p.since < $6::timestamptz, false))
    OR EXISTS (SELECT FROM holds h
                WHERE h.tenant = $1
                  AND (h.person_id = ANY (string_to_array(k.people, ',')::uuid[])
                       OR k.written AND EXISTS (
                              SELECT FROM ledger.events e
                               WHERE e.tenant = h.tenant AND e.stream_id = k.stream_id
                                 AND position(convert_to(h.person_id::text, 'UTF8') IN e.meta) > 0)))
