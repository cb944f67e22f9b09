-- A currency lives on several networks since 0097: the user's own copy names the one of each deposit address and each deposit.
CREATE OR REPLACE FUNCTION personal_money_data(subject uuid, rows_max integer) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT jsonb_build_object(
        'balances', (SELECT jsonb_agg(row_as_texts(to_jsonb(found))) FROM (
            SELECT kind, currency, balance FROM ledger_accounts WHERE owner = subject ORDER BY currency, kind) found),
        'bank_accounts', (SELECT jsonb_agg(row_as_texts(to_jsonb(found))) FROM (
            SELECT id, currency, bank_name, account_holder_name, iban, swift, is_verified, created_at, deleted_at
              FROM bank_accounts WHERE user_id = subject ORDER BY created_at) found),
        'bank_deposits', (SELECT jsonb_agg(row_as_texts(to_jsonb(found))) FROM (
            SELECT id, currency, amount, virtual_iban, reference, status, created_at, expires_at, completed_at
              FROM deposit_requests WHERE user_id = subject ORDER BY created_at DESC LIMIT rows_max) found),
        'bank_transfers', (SELECT jsonb_agg(row_as_texts(to_jsonb(found))) FROM (
            SELECT transfer.transaction_id, transfer.reference, transfer.amount, transfer.sender_iban, transfer.sender_name, transfer.received_at
              FROM bank_transfers transfer JOIN deposit_requests deposit ON deposit.id = transfer.deposit_id
             WHERE deposit.user_id = subject ORDER BY transfer.received_at DESC LIMIT rows_max) found),
        'deposit_addresses', (SELECT jsonb_agg(row_as_texts(to_jsonb(found))) FROM (
            SELECT currency, network, address, is_active, created_at FROM crypto_addresses WHERE user_id = subject ORDER BY created_at) found),
        'chain_deposits', (SELECT jsonb_agg(row_as_texts(to_jsonb(found))) FROM (
            SELECT tx_hash, output_index, address, currency, network, chain_amount, amount, status, created_at, credited_at
              FROM blockchain_transactions WHERE user_id = subject ORDER BY created_at DESC LIMIT rows_max) found),
        'withdrawals', (SELECT jsonb_agg(row_as_texts(to_jsonb(found))) FROM (
            SELECT id, kind, currency, amount, platform_fee, network_fee, destination, network, status, payout_reference, created_at, completed_at
              FROM withdrawals WHERE user_id = subject ORDER BY created_at DESC LIMIT rows_max) found),
        'withdrawal_addresses', (SELECT jsonb_agg(row_as_texts(to_jsonb(found))) FROM (
            SELECT currency, network, address, label, created_at, confirmed_at, deleted_at
              FROM whitelisted_addresses WHERE user_id = subject ORDER BY created_at) found),
        'transactions', (SELECT jsonb_agg(row_as_texts(to_jsonb(found))) FROM (
            SELECT entry_id, line, currency, type, amount, balance_after, created_at
              FROM ledger_postings WHERE user_id = subject ORDER BY created_at DESC, entry_id DESC, line DESC LIMIT rows_max) found)
    )
$$;
