-- A withdrawal is pending from the request until it is paid out or its money is back: its total is the user's, and locked.
CREATE VIEW withdrawals_under_way AS
SELECT asked.id, asked.user_id, asked.kind, asked.currency, asked.amount, asked.platform_fee + asked.network_fee AS fees, asked.created_at,
       -- The engine has not given the money yet: it is still in what trading calls available.
       debit.status = 'REQUESTED' AS in_trading
  FROM withdrawals asked JOIN transfers debit ON debit.transfer_id = asked.id
 WHERE asked.status <> 'COMPLETED' AND debit.status <> 'REFUSED'
   AND NOT EXISTS (SELECT FROM transfers refund WHERE refund.reference_id = asked.id AND refund.purpose = 'REFUND' AND refund.status = 'APPLIED');

GRANT SELECT ON withdrawals_under_way TO wallet_app;

-- What a user sees of the ledger, with where a withdrawal stands; before the engine has given its money there is no line in the ledger
-- yet, so the withdrawal itself stands for it (without a number of an entry).
CREATE OR REPLACE VIEW transactions AS
SELECT posting.entry_id, posting.line, posting.user_id, posting.currency, posting.type, posting.amount,
       posting.balance_after - posting.amount AS balance_before, posting.balance_after,
       entry.reference_type, entry.reference_id, entry.why AS description, entry.metadata, posting.created_at,
       CASE WHEN asked.status IS NULL OR posting.type = 'REFUND' THEN 'COMPLETED'
            WHEN asked.status IN ('COMPLETED', 'FAILED', 'CANCELLED', 'REJECTED') THEN asked.status
            ELSE 'PENDING' END AS status
  FROM ledger_postings posting
  JOIN ledger_entries entry ON entry.id = posting.entry_id
  LEFT JOIN withdrawals asked
    ON asked.id = CASE WHEN entry.reference_type IN ('FIAT_WITHDRAWAL', 'CRYPTO_WITHDRAWAL') THEN entry.reference_id::uuid END
 WHERE posting.user_id IS NOT NULL;

CREATE VIEW pending_transactions AS
SELECT NULL::bigint AS entry_id, line.line, asked.user_id, asked.currency, line.type, -line.amount AS amount,
       coalesce(wallet.available + wallet.locked, 0) - line.before AS balance_before,
       coalesce(wallet.available + wallet.locked, 0) - line.before - line.amount AS balance_after,
       asked.kind || '_WITHDRAWAL' AS reference_type, asked.id::text AS reference_id, debit.description, NULL::jsonb AS metadata,
       asked.created_at, 'PENDING' AS status
  FROM withdrawals_under_way asked
  JOIN transfers debit ON debit.transfer_id = asked.id
  LEFT JOIN wallets wallet ON wallet.user_id = asked.user_id AND wallet.currency = asked.currency
 CROSS JOIN LATERAL (VALUES (1::smallint, 'WITHDRAWAL'::transaction_type, asked.amount, 0::numeric),
                            (2::smallint, 'FEE'::transaction_type, asked.fees, asked.amount)) AS line(line, type, amount, before)
 WHERE asked.in_trading AND line.amount > 0;

GRANT SELECT ON pending_transactions TO wallet_app;
