SELECT position FROM ledger.head
