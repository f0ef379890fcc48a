-- Who read what is a teacher's from outside the pair, newest first; `began` is the position of the receipt.
CREATE TABLE receipts (
    tenant     uuid NOT NULL,
    teacher_id uuid NOT NULL,
    read_at    timestamptz NOT NULL,
    began      bigint NOT NULL,
    receipt_id uuid NOT NULL,
    reader_id  uuid NOT NULL,
    aggregate  text NOT NULL,
    read_id    uuid NOT NULL,
    why        text NOT NULL,
    grant_ids  uuid[] NOT NULL,
    PRIMARY KEY (tenant, teacher_id, read_at, began)
);
