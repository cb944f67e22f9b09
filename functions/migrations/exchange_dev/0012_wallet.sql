-- The wallet. Users are named by id only: their accounts belong to another service, which may one day live elsewhere.

-- A user's balances as the engine last said them; written by settlement only. A missing row reads as zeros.
CREATE TABLE wallets (
    user_id    uuid           NOT NULL,
    currency   varchar(10)    NOT NULL,
    available  numeric(28, 8) NOT NULL CHECK (available >= 0),
    locked     numeric(28, 8) NOT NULL CHECK (locked >= 0),
    -- The engine event that the row is from.
    shard      smallint       NOT NULL,
    seq        bigint         NOT NULL,
    updated_at timestamptz    NOT NULL,
    PRIMARY KEY (user_id, currency)
);

GRANT SELECT ON wallets TO wallet_app;
GRANT SELECT, INSERT, UPDATE ON wallets TO settlement_app;

CREATE TABLE projection_watermark (
    consumer   text        NOT NULL,
    shard      integer     NOT NULL CHECK (shard >= 0),
    seq        bigint      NOT NULL CHECK (seq >= 0),
    event_time timestamptz NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (consumer, shard)
);

GRANT SELECT ON projection_watermark TO wallet_app;
GRANT SELECT, INSERT, UPDATE ON projection_watermark TO settlement_app;

-- Money on its way between wallet and engine: asked for with the posting that moves it to or from 'transit', answered by the engine's event.
CREATE TABLE transfers (
    transfer_id    uuid           PRIMARY KEY,
    user_id        uuid           NOT NULL,
    currency       varchar(10)    NOT NULL,
    -- Positive into the engine, negative out of it; a withdrawal's fee is part of it.
    amount         numeric(28, 8) NOT NULL CHECK (amount <> 0),
    fee            numeric(28, 8) NOT NULL DEFAULT 0 CHECK (fee >= 0 AND fee < abs(amount)),
    purpose        text           NOT NULL CHECK (purpose IN ('DEPOSIT', 'WITHDRAWAL', 'REFUND', 'ADMIN_ADJUSTMENT')),
    reference_type text           NOT NULL,
    reference_id   uuid           NOT NULL,
    description    text           NOT NULL,
    status         text           NOT NULL DEFAULT 'REQUESTED' CHECK (status IN ('REQUESTED', 'APPLIED', 'REFUSED')),
    refusal_code   text,
    applied_seq    bigint,
    requested_at   timestamptz    NOT NULL DEFAULT now(),
    answered_at    timestamptz
);

CREATE INDEX transfers_reference ON transfers (reference_id);
CREATE INDEX transfers_requested ON transfers (requested_at) WHERE status = 'REQUESTED';

GRANT SELECT, INSERT ON transfers TO wallet_app;
GRANT SELECT, UPDATE ON transfers TO settlement_app;

CREATE TABLE bank_accounts (
    id                  uuid         PRIMARY KEY,
    user_id             uuid         NOT NULL,
    currency            varchar(10)  NOT NULL,
    bank_name           varchar(255) NOT NULL,
    account_holder_name varchar(255) NOT NULL,
    iban                varchar(34)  NOT NULL,
    swift               varchar(11),
    is_verified         boolean      NOT NULL DEFAULT false,
    verified_at         timestamptz,
    created_at          timestamptz  NOT NULL DEFAULT now(),
    deleted_at          timestamptz
);

CREATE UNIQUE INDEX bank_accounts_user_id_iban ON bank_accounts (user_id, iban) WHERE deleted_at IS NULL;
CREATE UNIQUE INDEX bank_accounts_one_verified ON bank_accounts (user_id, currency) WHERE is_verified AND deleted_at IS NULL;

GRANT SELECT, INSERT, UPDATE ON bank_accounts TO wallet_app;

CREATE TABLE deposit_requests (
    id              uuid           PRIMARY KEY,
    user_id         uuid           NOT NULL,
    bank_account_id uuid           NOT NULL REFERENCES bank_accounts (id),
    currency        varchar(10)    NOT NULL,
    amount          numeric(28, 8) NOT NULL CHECK (amount > 0 AND amount = round(amount, 2)),
    virtual_iban    varchar(34)    NOT NULL,
    reference       varchar(32)    NOT NULL UNIQUE,
    -- APPROVED: the bank has confirmed it and the money is on its way into trading; COMPLETED: it has arrived.
    status          text           NOT NULL DEFAULT 'PENDING' CHECK (status IN ('PENDING', 'APPROVED', 'COMPLETED', 'REJECTED', 'EXPIRED')),
    email           text           NOT NULL,
    created_at      timestamptz    NOT NULL DEFAULT now(),
    expires_at      timestamptz    NOT NULL,
    approved_at     timestamptz,
    completed_at    timestamptz
);

CREATE INDEX deposit_requests_user_id_created_at ON deposit_requests (user_id, created_at DESC);
CREATE INDEX deposit_requests_status_created_at ON deposit_requests (status, created_at DESC);

GRANT SELECT, INSERT, UPDATE ON deposit_requests TO wallet_app;
GRANT SELECT, UPDATE ON deposit_requests TO settlement_app;

-- What the bank reported, once per transaction id, whatever became of it.
CREATE TABLE bank_transfers (
    transaction_id varchar(128)   PRIMARY KEY,
    reference      varchar(140)   NOT NULL,
    amount         numeric(28, 8) NOT NULL CHECK (amount > 0),
    sender_iban    varchar(34)    NOT NULL,
    sender_name    varchar(255)   NOT NULL,
    deposit_id     uuid           REFERENCES deposit_requests (id),
    received_at    timestamptz    NOT NULL DEFAULT now()
);

GRANT SELECT, INSERT ON bank_transfers TO wallet_app;

-- Next address index per coin type of BIP-44. ETH and USDT share coin type 60 and with it one sequence, so no two users share an address.
CREATE TABLE address_indexes (
    coin_type  integer PRIMARY KEY,
    next_index integer NOT NULL DEFAULT 0 CHECK (next_index BETWEEN 0 AND 2147483646)
);

INSERT INTO address_indexes (coin_type) VALUES (0), (60);

GRANT SELECT, UPDATE ON address_indexes TO wallet_app;

CREATE TABLE crypto_addresses (
    id              uuid        PRIMARY KEY,
    user_id         uuid        NOT NULL,
    currency        varchar(10) NOT NULL,
    address         text        NOT NULL UNIQUE,
    coin_type       integer     NOT NULL REFERENCES address_indexes (coin_type),
    address_index   integer     NOT NULL,
    derivation_path text        NOT NULL,
    public_key      text        NOT NULL,
    email           text        NOT NULL,
    is_active       boolean     NOT NULL DEFAULT true,
    created_at      timestamptz NOT NULL DEFAULT now(),
    UNIQUE (coin_type, address_index)
);

CREATE UNIQUE INDEX crypto_addresses_one_active ON crypto_addresses (user_id, currency) WHERE is_active;

GRANT SELECT, INSERT ON crypto_addresses TO wallet_app;
GRANT SELECT ON crypto_addresses TO settlement_app;

CREATE TABLE blockchain_transactions (
    id                     uuid            PRIMARY KEY,
    tx_hash                varchar(128)    NOT NULL,
    output_index           integer         NOT NULL CHECK (output_index >= 0),
    address                text            NOT NULL REFERENCES crypto_addresses (address),
    user_id                uuid            NOT NULL,
    currency               varchar(10)     NOT NULL,
    -- As the chain has it, and what of it is credited: rounded down to the scale of trading.
    chain_amount           numeric(38, 18) NOT NULL CHECK (chain_amount > 0),
    amount                 numeric(28, 8)  NOT NULL CHECK (amount >= 0 AND amount <= chain_amount),
    status                 text            NOT NULL CHECK (status IN ('PENDING', 'CONFIRMED', 'CREDITED', 'FAILED')),
    confirmations          integer         NOT NULL CHECK (confirmations >= 0),
    required_confirmations integer         NOT NULL,
    created_at             timestamptz     NOT NULL DEFAULT now(),
    updated_at             timestamptz     NOT NULL DEFAULT now(),
    confirmed_at           timestamptz,
    credited_at            timestamptz,
    UNIQUE (tx_hash, output_index, address)
);

CREATE INDEX blockchain_transactions_user_id_created_at ON blockchain_transactions (user_id, created_at DESC);

GRANT SELECT, INSERT, UPDATE ON blockchain_transactions TO wallet_app;
GRANT SELECT, UPDATE ON blockchain_transactions TO settlement_app;

-- Fractions of chain amounts below the scale of trading, until they make up a whole unit that the ledger can book.
CREATE TABLE dust_remainders (
    currency  varchar(10)     PRIMARY KEY,
    remainder numeric(38, 18) NOT NULL CHECK (remainder >= 0 AND remainder < 0.00000001)
);

GRANT SELECT, INSERT, UPDATE ON dust_remainders TO wallet_app;

-- Money or messages that fit nothing we know: nothing is lost, a person decides.
CREATE TABLE reconciliation_items (
    id          uuid            PRIMARY KEY,
    source      text            NOT NULL CHECK (source IN ('BANK', 'CHAIN', 'ENGINE')),
    -- One item per thing that was reported, however often it is reported.
    source_key  text            NOT NULL,
    reason      text            NOT NULL,
    currency    varchar(10)     NOT NULL,
    amount      numeric(38, 18) NOT NULL,
    document    jsonb           NOT NULL,
    status      text            NOT NULL DEFAULT 'OPEN' CHECK (status IN ('OPEN', 'RESOLVED')),
    resolution  text,
    created_at  timestamptz     NOT NULL DEFAULT now(),
    resolved_at timestamptz,
    UNIQUE (source, source_key, reason)
);

CREATE INDEX reconciliation_items_open ON reconciliation_items (created_at) WHERE status = 'OPEN';

GRANT SELECT, INSERT, UPDATE ON reconciliation_items TO wallet_app;
GRANT INSERT ON reconciliation_items TO settlement_app;

-- Answers to requests that carried X-Idempotency-Key, kept 24 hours.
CREATE TABLE idempotency_keys (
    user_id      uuid         NOT NULL,
    key          varchar(255) NOT NULL,
    request_hash bytea        NOT NULL,
    status       integer      NOT NULL,
    response     bytea        NOT NULL,
    expires_at   timestamptz  NOT NULL,
    PRIMARY KEY (user_id, key)
);

CREATE INDEX idempotency_keys_expires_at ON idempotency_keys (expires_at);

GRANT SELECT, INSERT, UPDATE, DELETE ON idempotency_keys TO wallet_app;
