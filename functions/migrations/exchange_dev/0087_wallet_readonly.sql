-- The Binance-compatible API tells API keys of their own deposits and withdrawals: these columns, and nothing that is written.
GRANT SELECT (id, user_id, currency, amount, status, address, tx_hash, confirmations, required_confirmations, created_at, credited_at)
   ON blockchain_transactions TO wallet_readonly;
GRANT SELECT (id, user_id, kind, currency, amount, platform_fee, network_fee, destination, network, status, payout_reference, confirmations,
              created_at, completed_at)
   ON withdrawals TO wallet_readonly;
GRANT SELECT (user_id, currency, address, is_active) ON crypto_addresses TO wallet_readonly;
