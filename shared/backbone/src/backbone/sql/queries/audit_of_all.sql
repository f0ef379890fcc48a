-- $1 no district, $2 and $3 the place after which it goes on, $4 how many, $5 since when, $6 operator or null: what operators
-- did to any district, and to the whole service; beside it acts that the log was not told of yet
SELECT NULL::uuid AS id, a.at, a.position AS began, a.position, a.event_id, a.tenant, a.stream_id, s.kind, a.type, a.operator,
       a.told, ended.data AS ended, uuid_extract_timestamp(ended.event_id) AS ended_at
  FROM ((SELECT at, position, event_id, tenant, stream_id, type, operator, told
           FROM ledger.acts_of_operators
          WHERE $1::uuid IS NOT NULL AND (at, position) < ($2, $3) AND at >= $5 AND ($6::text IS NULL OR operator = $6)
          ORDER BY at DESC, position DESC LIMIT $4)
        UNION ALL
        SELECT acted_at, 0, NULL, tenant, act_id, 'OperatorActed', operator, to_json(k)
          FROM untold_acts k
         WHERE (acted_at, 0::bigint) < ($2, $3) AND acted_at >= $5 AND ($6::text IS NULL OR operator = $6)
         ORDER BY at DESC, position DESC LIMIT $4) AS a
  LEFT JOIN ledger.streams s ON s.tenant = a.tenant AND s.stream_id = a.stream_id
  LEFT JOIN ledger.events ended ON ended.tenant = a.tenant AND ended.stream_id = a.stream_id AND ended.version = 2
                               AND a.type = 'OperatorActed'
 ORDER BY a.at DESC, a.position DESC
