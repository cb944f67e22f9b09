-- Paper trading: orders that the public trades fill, with play money of their own. Nothing here touches an order, a trade or a balance
-- that is real. Who changes a row holds the watermark 'paper' (shared, or alone while orders are filled), then the account.
CREATE TABLE paper_accounts (
    user_id   uuid        PRIMARY KEY,
    opened_at timestamptz NOT NULL,
    reset_at  timestamptz NOT NULL
);

CREATE TABLE paper_balances (
    user_id    uuid           NOT NULL REFERENCES paper_accounts,
    asset      varchar(10)    NOT NULL,
    available  numeric(28, 8) NOT NULL CHECK (available >= 0),
    locked     numeric(28, 8) NOT NULL CHECK (locked >= 0),
    updated_at timestamptz    NOT NULL,
    PRIMARY KEY (user_id, asset)
);

CREATE TABLE paper_orders (
    number          bigint         GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id         uuid           NOT NULL REFERENCES paper_accounts,
    client_order_id varchar(100)   NOT NULL,
    symbol          varchar(20)    NOT NULL,
    side            order_side     NOT NULL,
    order_type      order_type     NOT NULL CHECK (order_type IN ('LIMIT', 'MARKET', 'STOP', 'STOP_LIMIT')),
    status          order_status   NOT NULL,
    -- 0 for a market order that is given by its value.
    quantity        numeric(28, 8) NOT NULL CHECK (quantity >= 0),
    quote_quantity  numeric(28, 8) NOT NULL CHECK (quote_quantity >= 0),
    price           numeric(28, 8) NOT NULL CHECK (price >= 0),
    stop_price      numeric(28, 8) NOT NULL CHECK (stop_price >= 0),
    tick_size       numeric(28, 8) NOT NULL CHECK (tick_size > 0),
    lot_size        numeric(28, 8) NOT NULL CHECK (lot_size > 0),
    -- Drawn when the order is placed: a fill that is tried again cannot come out differently.
    slippage_ppm    integer        NOT NULL CHECK (slippage_ppm BETWEEN 0 AND 1000),
    -- What it still holds of the balance: quote for a BUY, base for a SELL.
    locked          numeric(28, 8) NOT NULL CHECK (locked >= 0),
    -- Only trades with a greater number concern it; a bar that it waits for begins after this time.
    after_seq       bigint         NOT NULL CHECK (after_seq >= 0),
    after_time      timestamptz    NOT NULL,
    filled_quantity numeric(28, 8) NOT NULL DEFAULT 0,
    filled_value    numeric(38, 8) NOT NULL DEFAULT 0,
    fee             numeric(28, 8) NOT NULL DEFAULT 0,
    reason          varchar(64),
    created_at      timestamptz    NOT NULL,
    updated_at      timestamptz    NOT NULL,
    triggered_at    timestamptz,
    filled_at       timestamptz,
    cancelled_at    timestamptz,
    UNIQUE (user_id, client_order_id),
    CHECK (quantity > 0 OR quote_quantity > 0),
    CHECK (status < 'FILLED' OR locked = 0),
    CHECK (status <> 'FILLED' OR filled_quantity > 0)
);

CREATE INDEX paper_orders_user_id_created_at ON paper_orders (user_id, created_at DESC);
CREATE INDEX paper_orders_open_by_symbol ON paper_orders (symbol) WHERE status < 'FILLED';
CREATE INDEX paper_orders_ended_updated_at ON paper_orders (updated_at) WHERE status >= 'FILLED';

-- An order is filled whole and once: its number is the key.
CREATE TABLE paper_trades (
    number        bigint         GENERATED ALWAYS AS IDENTITY UNIQUE,
    order_number  bigint         PRIMARY KEY REFERENCES paper_orders ON DELETE CASCADE,
    user_id       uuid           NOT NULL,
    symbol        varchar(20)    NOT NULL,
    side          order_side     NOT NULL,
    price         numeric(28, 8) NOT NULL CHECK (price > 0),
    quantity      numeric(28, 8) NOT NULL CHECK (quantity > 0),
    value         numeric(38, 8) NOT NULL CHECK (value > 0),
    fee           numeric(28, 8) NOT NULL CHECK (fee >= 0),
    is_maker      boolean        NOT NULL,
    slippage_ppm  integer        NOT NULL CHECK (slippage_ppm >= 0),
    trade_source  text           NOT NULL DEFAULT 'SIMULATION' CHECK (trade_source = 'SIMULATION'),
    -- The public trade that filled it.
    source_number bigint         NOT NULL,
    executed_at   timestamptz    NOT NULL
);

CREATE INDEX paper_trades_user_id_executed_at ON paper_trades (user_id, executed_at DESC, number DESC);

GRANT SELECT, INSERT, UPDATE ON paper_accounts TO trade_engine_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON paper_balances, paper_orders TO trade_engine_app;
GRANT SELECT, INSERT, DELETE ON paper_trades TO trade_engine_app;
GRANT SELECT ON paper_accounts, paper_balances, paper_orders, paper_trades TO trade_engine_readonly;
