-- A message counts as delivered when its reader says so, in the database, and not when a queue has taken it: a queue may lose what it has
-- accepted. What was sent before this migration is not sent again.
ALTER TABLE outbox ADD COLUMN received_at timestamptz;
UPDATE outbox SET received_at = sent_at WHERE sent_at IS NOT NULL;
CREATE INDEX outbox_unreceived ON outbox (sent_at) WHERE sent_at IS NOT NULL AND received_at IS NULL AND destination IN ('sqs:email-notifications', 'sqs:audit-logs');
