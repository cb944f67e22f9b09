-- Every reconciliation item has a way out: one person proposes, another decides, and the ledger says what became of the money.
ALTER TABLE reconciliation_items DROP CONSTRAINT reconciliation_items_status_check;
ALTER TABLE reconciliation_items ADD CONSTRAINT reconciliation_items_status_check
    CHECK (status IN ('OPEN', 'PROPOSED', 'RETURNING', 'CHARGING', 'RESOLVED'));
ALTER TABLE reconciliation_items
    -- Whom it concerns, where that is known.
    ADD COLUMN user_id uuid,
    -- What of it lies in the ledger account 'external': received, and nobody's yet.
    ADD COLUMN booked numeric(28, 8) NOT NULL DEFAULT 0 CHECK (booked >= 0),
    -- Until it is resolved, the user keeps so much of the currency on the platform.
    ADD COLUMN withheld numeric(28, 8) NOT NULL DEFAULT 0 CHECK (withheld >= 0 AND (withheld = 0 OR user_id IS NOT NULL)),
    ADD COLUMN updated_at timestamptz NOT NULL DEFAULT now();

UPDATE reconciliation_items item SET booked = item.amount
 WHERE item.source = 'BANK' AND item.reason NOT LIKE 'PAYOUT%'
   AND EXISTS (SELECT FROM ledger_entries entry
                WHERE entry.reference_type = 'BANK_TRANSFER' AND upper(translate(regexp_replace(entry.reference_id, '\s+', '', 'g'), 'İıi', 'III')) = item.source_key)
   AND item.reason <> 'CONFLICTING_REPORT';

UPDATE reconciliation_items item SET booked = chain.amount, user_id = chain.user_id
  FROM blockchain_transactions chain
 WHERE item.source = 'CHAIN' AND item.reason IN ('BELOW_MINIMUM', 'CURRENCY_MISMATCH') AND chain.status = 'FAILED'
   AND regexp_replace(lower(split_part(item.source_key, ':', 1)), '^0x', '') = regexp_replace(chain.tx_hash, '^0x', '')
   AND split_part(item.source_key, ':', 2) = chain.output_index::text
   AND lower(split_part(item.source_key, ':', 3)) = lower(chain.address);

UPDATE reconciliation_items SET user_id = (document ->> 'user_id')::uuid, withheld = amount WHERE reason = 'CREDITED_TWICE';
UPDATE reconciliation_items SET user_id = (document ->> 'user_id')::uuid WHERE source = 'ENGINE';

CREATE INDEX reconciliation_items_unresolved ON reconciliation_items (created_at) WHERE status <> 'RESOLVED';
CREATE INDEX reconciliation_items_withheld ON reconciliation_items (user_id) WHERE withheld > 0 AND status <> 'RESOLVED';

GRANT SELECT ON reconciliation_items TO settlement_app;
GRANT UPDATE (status, resolution, resolved_at, updated_at) ON reconciliation_items TO settlement_app;

CREATE TABLE reconciliation_proposals (
    -- Also the id of the transfer by which the money crosses: a proposal takes effect once.
    id              uuid           PRIMARY KEY,
    item_id         uuid           NOT NULL REFERENCES reconciliation_items (id),
    action          text           NOT NULL CHECK (action IN ('CREDIT', 'RETURN', 'WRITE_OFF', 'CHARGE')),
    user_id         uuid,
    currency        varchar(10)    NOT NULL,
    amount          numeric(28, 8) NOT NULL CHECK (amount >= 0),
    reason          text           NOT NULL CHECK (length(reason) BETWEEN 1 AND 500),
    proposed_by     uuid           NOT NULL,
    proposed_at     timestamptz    NOT NULL,
    status          text           NOT NULL DEFAULT 'PROPOSED' CHECK (status IN ('PROPOSED', 'APPROVED', 'REJECTED', 'OVERTAKEN', 'FAILED')),
    decided_by      uuid,
    decided_at      timestamptz,
    decision_reason text,
    CHECK ((status = 'PROPOSED') = (decided_at IS NULL)),
    CONSTRAINT two_people_decide CHECK (status NOT IN ('APPROVED', 'FAILED') OR (decided_by IS NOT NULL AND decided_by <> proposed_by)),
    CHECK ((action IN ('CREDIT', 'CHARGE')) = (user_id IS NOT NULL))
);

CREATE UNIQUE INDEX reconciliation_proposals_one_waits ON reconciliation_proposals (item_id) WHERE status = 'PROPOSED';
CREATE INDEX reconciliation_proposals_item ON reconciliation_proposals (item_id, proposed_at);

GRANT SELECT, INSERT, UPDATE ON reconciliation_proposals TO wallet_app;
GRANT SELECT ON reconciliation_proposals TO settlement_app;
GRANT UPDATE (status, decision_reason) ON reconciliation_proposals TO settlement_app;

-- What is written off: received and nobody's, or gone and nobody's to repay.
ALTER TABLE ledger_accounts DROP CONSTRAINT ledger_accounts_kind_check;
ALTER TABLE ledger_accounts ADD CONSTRAINT ledger_accounts_kind_check CHECK (
    kind IN ('spot', 'transit', 'custody:bank', 'custody:hot', 'custody:cold', 'fees', 'external', 'dust', 'written-off'));

-- A deposit that fell out of its chain, before it was credited (DROPPED) or after (reversed_at).
ALTER TABLE blockchain_transactions DROP CONSTRAINT blockchain_transactions_status_check;
ALTER TABLE blockchain_transactions ADD CONSTRAINT blockchain_transactions_status_check
    CHECK (status IN ('PENDING', 'CONFIRMED', 'CREDITED', 'FAILED', 'DROPPED'));
ALTER TABLE blockchain_transactions
    ADD COLUMN replaced_by varchar(128),
    ADD COLUMN reversed_at timestamptz,
    ADD COLUMN reversals   integer NOT NULL DEFAULT 0;

-- Money that the engine would not take is in transit until a person has decided about it.
CREATE OR REPLACE VIEW transit_expected AS
SELECT user_id, currency, amount FROM transfers
 WHERE amount > 0 AND status <> 'APPLIED' AND NOT EXISTS (
       SELECT FROM reconciliation_items item
        WHERE item.source = 'ENGINE' AND item.source_key = transfers.transfer_id::text AND item.status = 'RESOLVED')
UNION ALL
SELECT withdrawal.user_id, withdrawal.currency, -transfer.amount
  FROM transfers transfer JOIN withdrawals withdrawal ON withdrawal.id = transfer.reference_id
 WHERE transfer.amount < 0 AND transfer.status = 'APPLIED'
   AND withdrawal.status <> 'COMPLETED' AND withdrawal.refund_started_at IS NULL;
