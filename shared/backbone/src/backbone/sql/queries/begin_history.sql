-- $1 by how much its number rises; it shares all there is now with the one before
UPDATE ledger.head SET incarnation = incarnation + $1, incarnation_from = position
RETURNING incarnation || '@' || incarnation_from
