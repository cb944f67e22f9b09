-- A withdrawal to a deposit address of another user here is booked inside: whose address it is, and what became of it.
ALTER TABLE withdrawals
    ADD COLUMN recipient_id uuid,
    ADD CONSTRAINT withdrawals_inside CHECK (recipient_id IS NULL OR (kind = 'CRYPTO' AND recipient_id <> user_id AND network_fee = 0)),
    -- What is approved and debited is booked in the same transaction: it never waits for a chain.
    ADD CONSTRAINT withdrawals_inside_go_to_no_chain CHECK (
        recipient_id IS NULL OR status IN ('PENDING', 'APPROVED', 'COMPLETED', 'CANCELLED', 'REJECTED'));

CREATE INDEX withdrawals_inside_due ON withdrawals (id) WHERE recipient_id IS NOT NULL AND status = 'APPROVED';

CREATE TABLE internal_transfers (
    -- The withdrawal's: one of them is booked once.
    id           uuid           PRIMARY KEY REFERENCES withdrawals (id),
    transfer_id  uuid           NOT NULL UNIQUE,
    sender_id    uuid           NOT NULL,
    recipient_id uuid           NOT NULL,
    currency     varchar(10)    NOT NULL,
    amount       numeric(28, 8) NOT NULL CHECK (amount > 0),
    value_try    numeric(28, 8) CHECK (value_try >= 0),
    created_at   timestamptz    NOT NULL,
    credited_at  timestamptz
);

CREATE INDEX internal_transfers_recipient ON internal_transfers (recipient_id, created_at);

GRANT SELECT, INSERT, UPDATE ON internal_transfers TO wallet_app, settlement_app;

-- With what came from another user here.
CREATE OR REPLACE VIEW value_moved AS
SELECT user_id, 'OUT' AS direction, created_at AS moved_at, CASE currency WHEN 'TRY' THEN amount ELSE coalesce(value_try, 0) END AS value,
       true AS arrived
  FROM withdrawals WHERE status NOT IN ('CANCELLED', 'REJECTED', 'FAILED')
UNION ALL
SELECT user_id, 'IN', created_at, amount, status <> 'PENDING' FROM deposit_requests WHERE status IN ('PENDING', 'APPROVED', 'COMPLETED')
UNION ALL
SELECT user_id, 'IN', coalesce(confirmed_at, created_at), coalesce(value_try, 0), true
  FROM blockchain_transactions WHERE status IN ('CONFIRMED', 'CREDITED')
UNION ALL
SELECT recipient_id, 'IN', created_at, coalesce(value_try, 0), true FROM internal_transfers;
