-- The payout of a withdrawal: under which key the bank or the chain knows it, how often it was tried, and what is known of it.
CREATE TABLE payouts (
    withdrawal_id   uuid        PRIMARY KEY REFERENCES withdrawals (id),
    -- One key in one spelling, for the bank, the signer and the ledger.
    idempotency_key text        NOT NULL UNIQUE,
    -- Signed before it is broadcast, and kept before that: what is broadcast again is the same transaction.
    raw_transaction bytea,
    tx_hash         text        UNIQUE,
    started_at      timestamptz,
    -- Written before the first attempt: from then on the money may have left, whatever the answer was.
    attempted_at    timestamptz,
    attempts        integer     NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    -- Since when the other party says that nothing left; released only when it says so twice, some time apart.
    absent_since    timestamptz,
    -- Why it does not go on, and when the next look is due. Without a time a person decides.
    waits_for       text,
    next_look_at    timestamptz,
    -- What bank or chain reported by itself; it is checked by asking.
    reported        text,
    reported_reference text,
    -- Approved before payouts were made by the platform: staff pay these, and the report ends them.
    by_hand         boolean     NOT NULL DEFAULT false,
    created_at      timestamptz NOT NULL DEFAULT now(),
    CHECK (idempotency_key = 'payout:' || withdrawal_id::text),
    CHECK ((attempts = 0) = (attempted_at IS NULL)),
    CHECK ((raw_transaction IS NULL) = (tx_hash IS NULL))
);

CREATE INDEX payouts_next_look ON payouts (next_look_at) WHERE next_look_at IS NOT NULL;

GRANT SELECT, INSERT, UPDATE ON payouts TO wallet_app;
GRANT SELECT, INSERT ON payouts TO settlement_app;

INSERT INTO payouts (withdrawal_id, idempotency_key, waits_for, by_hand)
SELECT id, 'payout:' || id::text, 'STAFF', true FROM withdrawals WHERE status = 'APPROVED' AND recipient_id IS NULL;

-- Two people for large sums: how many approvals a withdrawal needs, and who gave them.
ALTER TABLE withdrawals ADD COLUMN approvals_required smallint NOT NULL DEFAULT 0 CHECK (approvals_required BETWEEN 0 AND 2);
UPDATE withdrawals SET approvals_required = 1 WHERE requires_approval;

CREATE TABLE withdrawal_approvals (
    withdrawal_id uuid        NOT NULL REFERENCES withdrawals (id),
    staff_id      uuid        NOT NULL,
    approved_at   timestamptz NOT NULL,
    PRIMARY KEY (withdrawal_id, staff_id)
);

INSERT INTO withdrawal_approvals (withdrawal_id, staff_id, approved_at)
SELECT id, approved_by, approved_at FROM withdrawals WHERE approved_by IS NOT NULL;

GRANT SELECT, INSERT ON withdrawal_approvals TO wallet_app;

-- The table's own guard of what mycrypto.withdrawals.transitions does: a status never goes back, and none follows a final one.
CREATE FUNCTION withdrawals_move_forward() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT (CASE OLD.status
        WHEN 'PENDING'      THEN NEW.status IN ('APPROVED', 'CANCELLED', 'REJECTED')
        WHEN 'APPROVED'     THEN NEW.status IN ('PROCESSING', 'SIGNING', 'COMPLETED', 'FAILED', 'REJECTED')
        WHEN 'PROCESSING'   THEN NEW.status IN ('COMPLETED', 'FAILED')
        WHEN 'SIGNING'      THEN NEW.status IN ('BROADCASTING', 'FAILED')
        WHEN 'BROADCASTING' THEN NEW.status IN ('BROADCASTED', 'FAILED')
        WHEN 'BROADCASTED'  THEN NEW.status IN ('COMPLETED', 'FAILED')
        ELSE false END)
    THEN
        RAISE EXCEPTION 'a withdrawal does not go from % to %', OLD.status, NEW.status USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER withdrawals_status_moves_forward BEFORE UPDATE OF status ON withdrawals
    FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION withdrawals_move_forward();

-- What the network of a currency asks for an ordinary withdrawal, as its node said last.
CREATE TABLE network_fees (
    currency    varchar(10)    PRIMARY KEY,
    fee         numeric(28, 8) NOT NULL CHECK (fee >= 0),
    observed_at timestamptz    NOT NULL
);

GRANT SELECT, INSERT, UPDATE ON network_fees TO wallet_app;

-- How old an account is, for staff who decide about its withdrawals.
GRANT SELECT (created_at) ON users TO wallet_app;

-- Addresses that a user has named beforehand: confirmed by a mailed token, usable a day later.
CREATE TABLE whitelisted_addresses (
    id               uuid        PRIMARY KEY,
    user_id          uuid        NOT NULL,
    currency         varchar(10) NOT NULL,
    network          text        NOT NULL,
    address          text        NOT NULL,
    label            varchar(64) NOT NULL,
    token_hash       bytea       NOT NULL UNIQUE,
    token_expires_at timestamptz NOT NULL,
    created_at       timestamptz NOT NULL,
    confirmed_at     timestamptz,
    usable_at        timestamptz,
    deleted_at       timestamptz,
    CHECK ((confirmed_at IS NULL) = (usable_at IS NULL))
);

CREATE UNIQUE INDEX whitelisted_addresses_once ON whitelisted_addresses (user_id, currency, address) WHERE deleted_at IS NULL;

GRANT SELECT, INSERT, UPDATE ON whitelisted_addresses TO wallet_app;
