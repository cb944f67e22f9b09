-- What binds orders: the other order of an OCO, which was accepted in the same moment, and the order that was cancelled for a replacement.
ALTER TABLE orders
    ADD COLUMN oco_number          bigint,
    ADD COLUMN replaces_number     bigint,
    ADD COLUMN replaces_created_at timestamptz;
