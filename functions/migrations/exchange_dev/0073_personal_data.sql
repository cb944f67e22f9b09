-- The address that deposits and withdrawals are told to is the account's: it follows a change, and is a pseudonym once the account is closed.
CREATE FUNCTION addresses_follow_the_account() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    UPDATE crypto_addresses SET email = NEW.email WHERE user_id = NEW.id;
    UPDATE deposit_requests SET email = NEW.email WHERE user_id = NEW.id;
    UPDATE withdrawals SET email = NEW.email WHERE user_id = NEW.id;
    RETURN NULL;
END
$$;

CREATE TRIGGER users_new_email_is_told_everywhere AFTER UPDATE OF email ON users
    FOR EACH ROW WHEN (OLD.email IS DISTINCT FROM NEW.email) EXECUTE FUNCTION addresses_follow_the_account();

-- Every column of a row as text: amounts stay decimal strings.
CREATE FUNCTION row_as_texts(content jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
    SELECT coalesce(jsonb_object_agg(key, value), '{}') FROM jsonb_each_text(content)
$$;

-- What the wallet keeps about a user, for the user's own copy. Auth may ask this function and cannot read the tables.
CREATE FUNCTION personal_money_data(subject uuid, rows_max integer) RETURNS jsonb
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
            SELECT currency, address, is_active, created_at FROM crypto_addresses WHERE user_id = subject ORDER BY created_at) found),
        'chain_deposits', (SELECT jsonb_agg(row_as_texts(to_jsonb(found))) FROM (
            SELECT tx_hash, output_index, address, currency, chain_amount, amount, status, created_at, credited_at
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

-- Why an account cannot be closed: money, and what is still under way. What open orders lock is a balance too.
CREATE FUNCTION closure_obstacles(subject uuid) RETURNS TABLE (kind text, currency text, amount text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT 'OPEN_ORDERS', currency::text, locked::text FROM wallets WHERE user_id = subject AND locked > 0
    UNION ALL
    SELECT 'BALANCE', currency::text, balance::text FROM ledger_accounts WHERE owner = subject AND balance > 0
    UNION ALL
    SELECT 'WITHDRAWAL', currency::text, amount::text FROM withdrawals_under_way WHERE user_id = subject
    UNION ALL
    SELECT 'DEPOSIT', currency::text, amount::text FROM deposit_requests WHERE user_id = subject AND status = 'APPROVED'
    UNION ALL
    SELECT 'DEPOSIT', currency::text, amount::text FROM blockchain_transactions
     WHERE user_id = subject AND status IN ('PENDING', 'CONFIRMED')
    ORDER BY 1, 2
$$;

REVOKE EXECUTE ON FUNCTION personal_money_data(uuid, integer), closure_obstacles(uuid), addresses_follow_the_account() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION personal_money_data(uuid, integer), closure_obstacles(uuid) TO auth_app;

-- A closed account keeps its number, so that the books stay whole; who it was is sealed for as long as the law asks for records.
ALTER TABLE users DROP CONSTRAINT users_status_check;
ALTER TABLE users ADD CONSTRAINT users_status_check CHECK (status IN ('ACTIVE', 'SUSPENDED', 'LOCKED', 'CLOSED'));

CREATE TABLE closed_accounts (
    user_id         uuid        PRIMARY KEY REFERENCES users (id),
    closed_at       timestamptz NOT NULL,
    keep_until      timestamptz NOT NULL CHECK (keep_until > closed_at),
    identity_sealed text        NOT NULL
);

CREATE INDEX closed_accounts_keep_until ON closed_accounts (keep_until);

GRANT SELECT, INSERT ON closed_accounts TO auth_app;
GRANT SELECT (user_id, keep_until), DELETE ON closed_accounts TO wallet_app; -- maintenance: what has been kept long enough goes
GRANT DELETE ON verified_identities TO auth_app; -- the person may open an account again
