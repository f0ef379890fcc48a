-- A state too long for a page is stored beside the row, as it is: to compress one took longer than to write
-- it, and to read it back took longer than to fetch it whole.
ALTER TABLE ledger.streams ALTER COLUMN state SET STORAGE EXTERNAL;
