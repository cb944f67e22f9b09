-- A refused order is kept as it was asked for, however long its words are: a limit here would stop the projection.
ALTER TABLE orders
    ALTER COLUMN symbol TYPE text,
    ALTER COLUMN client_order_id TYPE text,
    ALTER COLUMN reason TYPE text;
