SELECT ordinal, outcome, stream_id, first_version, version, last_position AS position, detail
  FROM ledger.append($1, $2, $3, $4)
