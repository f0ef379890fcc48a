-- A state is written anew with every command: trying to compress those over 2 kB took a tenth of the
-- server's time for an append. Only what would not fit on a page is compressed or stored elsewhere.
ALTER TABLE ledger.streams SET (toast_tuple_target = 8160);
