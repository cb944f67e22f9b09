-- Orders as clients see them, by month. (order_id, created_at) is the key because a partitioned table's key must hold the partition
-- column; order_id is the UUIDv7 made of created_at and number, so a look-up by id knows its partition.
CREATE TABLE orders (
    order_id         uuid           NOT NULL,
    shard            smallint       NOT NULL,
    number           bigint         NOT NULL,
    user_id          uuid           NOT NULL,
    client_order_id  varchar(100),
    symbol           varchar(20)    NOT NULL,
    side             order_side     NOT NULL,
    order_type       order_type     NOT NULL,
    time_in_force    time_in_force  NOT NULL,
    status           order_status   NOT NULL,
    quantity         numeric(28, 8) NOT NULL,
    quote_quantity   numeric(28, 8),
    price            numeric(28, 8),
    stop_price       numeric(28, 8),
    display_quantity numeric(28, 8),
    activation_price numeric(28, 8),
    trail_bps        integer,
    post_only        boolean        NOT NULL DEFAULT false,
    filled_quantity  numeric(28, 8) NOT NULL DEFAULT 0,
    filled_value     numeric(38, 8) NOT NULL DEFAULT 0,
    average_price    numeric(28, 8),
    fee              numeric(28, 8) NOT NULL DEFAULT 0,
    reason           varchar(64),
    reason_details   jsonb,
    last_seq         bigint         NOT NULL,
    created_at       timestamptz    NOT NULL,
    updated_at       timestamptz    NOT NULL,
    filled_at        timestamptz,
    cancelled_at     timestamptz,
    triggered_at     timestamptz,
    expires_at       timestamptz,
    PRIMARY KEY (order_id, created_at),
    CHECK (filled_quantity >= 0 AND filled_value >= 0 AND fee >= 0),
    -- A refused order is kept as it was asked for, whatever it asked for; every other one holds to the rules.
    CHECK (status = 'REJECTED' OR quantity > 0 OR quote_quantity > 0),
    CHECK (status = 'REJECTED' OR quantity = 0 OR filled_quantity <= quantity),
    CHECK (status = 'REJECTED' OR order_type <> 'LIMIT' OR price > 0),
    CHECK (status = 'REJECTED' OR order_type <> 'MARKET' OR price IS NULL),
    CHECK (status = 'REJECTED' OR order_type NOT IN ('STOP', 'STOP_LIMIT') OR stop_price > 0)
) PARTITION BY RANGE (created_at);

CREATE TABLE orders_default PARTITION OF orders DEFAULT;

CREATE INDEX orders_user_id_created_at ON orders (user_id, created_at DESC);
CREATE INDEX orders_symbol_status_created_at ON orders (symbol, status, created_at);
CREATE INDEX orders_user_id_symbol_created_at ON orders (user_id, symbol, created_at DESC);
CREATE INDEX orders_live_by_price ON orders (symbol, side, price, created_at) WHERE status IN ('OPEN', 'PARTIALLY_FILLED');
CREATE INDEX orders_client_order_id_user_id ON orders (client_order_id, user_id) WHERE client_order_id IS NOT NULL;
CREATE INDEX orders_waiting_by_stop_price ON orders (symbol, stop_price) WHERE status = 'PENDING_TRIGGER';

GRANT SELECT, INSERT, UPDATE ON orders TO trade_engine_app;
GRANT SELECT ON orders TO trade_engine_readonly;
