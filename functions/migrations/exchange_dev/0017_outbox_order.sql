-- Rows leave in the order in which they were written; their ids are ordered by millisecond only.
ALTER TABLE outbox ADD COLUMN place bigint GENERATED ALWAYS AS IDENTITY;

DROP INDEX outbox_waiting;
CREATE INDEX outbox_waiting ON outbox (place) WHERE sent_at IS NULL;
