SELECT position, incarnation, incarnation_from FROM ledger.head
