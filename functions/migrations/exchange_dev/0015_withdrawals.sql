-- Money goes out: asked for, debited by the engine, approved, paid out by bank or chain; or given back.
CREATE TABLE withdrawals (
    id                uuid           PRIMARY KEY,
    user_id           uuid           NOT NULL,
    kind              text           NOT NULL CHECK (kind IN ('FIAT', 'CRYPTO')),
    currency          varchar(10)    NOT NULL,
    -- The user receives amount and pays amount + platform_fee + network_fee.
    amount            numeric(28, 8) NOT NULL CHECK (amount > 0),
    platform_fee      numeric(28, 8) NOT NULL CHECK (platform_fee >= 0),
    network_fee       numeric(28, 8) NOT NULL CHECK (network_fee >= 0),
    bank_account_id   uuid           REFERENCES bank_accounts (id),
    destination       text           NOT NULL,
    network           text           NOT NULL,
    status            text           NOT NULL DEFAULT 'PENDING' CHECK (status IN (
        'PENDING', 'APPROVED', 'PROCESSING', 'SIGNING', 'BROADCASTING', 'BROADCASTED', 'COMPLETED', 'FAILED', 'CANCELLED', 'REJECTED')),
    requires_approval boolean        NOT NULL,
    email             text           NOT NULL,
    reason            text,
    -- The bank's reference or the hash of the transaction.
    payout_reference  text,
    confirmations     integer        NOT NULL DEFAULT 0,
    created_at        timestamptz    NOT NULL DEFAULT now(),
    updated_at        timestamptz    NOT NULL DEFAULT now(),
    -- The engine has taken the money out of trading: from then on it is in transit.
    debited_at        timestamptz,
    approved_at       timestamptz,
    approved_by       uuid,
    completed_at      timestamptz,
    refund_started_at timestamptz,
    CHECK ((kind = 'FIAT') = (bank_account_id IS NOT NULL)),
    CHECK (status <> 'COMPLETED' OR (debited_at IS NOT NULL AND completed_at IS NOT NULL AND refund_started_at IS NULL)),
    CHECK (refund_started_at IS NULL OR (debited_at IS NOT NULL AND status IN ('CANCELLED', 'REJECTED', 'FAILED')))
);

CREATE INDEX withdrawals_user_id_created_at ON withdrawals (user_id, created_at DESC);
CREATE INDEX withdrawals_status_created_at ON withdrawals (status, created_at DESC);
CREATE INDEX withdrawals_refund_due ON withdrawals (id)
    WHERE status IN ('CANCELLED', 'REJECTED', 'FAILED') AND debited_at IS NOT NULL AND refund_started_at IS NULL;

GRANT SELECT, INSERT, UPDATE ON withdrawals TO wallet_app;
GRANT SELECT, UPDATE ON withdrawals TO settlement_app;

-- Now also: debited withdrawals that are neither paid out nor on their way back.
DROP VIEW transit_expected;

CREATE VIEW transit_expected AS
SELECT user_id, currency, amount FROM transfers WHERE amount > 0 AND status <> 'APPLIED'
UNION ALL
SELECT withdrawal.user_id, withdrawal.currency, -transfer.amount
  FROM transfers transfer JOIN withdrawals withdrawal ON withdrawal.id = transfer.reference_id
 WHERE transfer.amount < 0 AND transfer.status = 'APPLIED'
   AND withdrawal.status <> 'COMPLETED' AND withdrawal.refund_started_at IS NULL;

GRANT SELECT ON transit_expected TO wallet_app, settlement_app;

-- A withdrawal that was cancelled while its debit was under way goes back as soon as the debit arrives, and settlement is who sees that.
GRANT INSERT ON transfers TO settlement_app;
