-- Messages that must leave after a commit (see mycrypto.outbox), and what was answered to requests that may be repeated.
CREATE TABLE outbox (
    id          uuid        PRIMARY KEY,
    destination text        NOT NULL CHECK (destination ~ '^(sqs|kafka):[a-z-]+$'),
    key         text        NOT NULL DEFAULT '',
    payload     bytea       NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now(),
    sent_at     timestamptz,
    attempts    integer     NOT NULL DEFAULT 0
);

CREATE INDEX outbox_waiting ON outbox (id) WHERE sent_at IS NULL;
CREATE INDEX outbox_sent_at ON outbox (sent_at) WHERE sent_at IS NOT NULL;

GRANT SELECT, INSERT, UPDATE ON outbox TO auth_app, wallet_app, settlement_app;
GRANT DELETE ON outbox TO wallet_app;
