-- Trades, by day. A trade is written once and never changed.
CREATE TABLE trades (
    trade_id            uuid           NOT NULL,
    shard               smallint       NOT NULL,
    number              bigint         NOT NULL,
    symbol              varchar(20)    NOT NULL,
    price               numeric(28, 8) NOT NULL CHECK (price > 0),
    quantity            numeric(28, 8) NOT NULL CHECK (quantity > 0),
    value               numeric(38, 8) NOT NULL CHECK (value > 0),
    fee_asset           varchar(10)    NOT NULL,
    is_buyer_maker      boolean        NOT NULL,
    buyer_order_id      uuid           NOT NULL,
    buyer_order_number  bigint         NOT NULL,
    buyer_user_id       uuid           NOT NULL,
    buyer_fee           numeric(28, 8) NOT NULL CHECK (buyer_fee >= 0),
    seller_order_id     uuid           NOT NULL,
    seller_order_number bigint         NOT NULL,
    seller_user_id      uuid           NOT NULL,
    seller_fee          numeric(28, 8) NOT NULL CHECK (seller_fee >= 0),
    -- Both sides are one flagged market maker.
    marked              boolean        NOT NULL DEFAULT false,
    executed_at         timestamptz    NOT NULL,
    PRIMARY KEY (trade_id, executed_at)
) PARTITION BY RANGE (executed_at);

CREATE TABLE trades_default PARTITION OF trades DEFAULT;

CREATE INDEX trades_symbol_executed_at ON trades (symbol, executed_at DESC);
CREATE INDEX trades_buyer_user_id_executed_at ON trades (buyer_user_id, executed_at DESC);
CREATE INDEX trades_seller_user_id_executed_at ON trades (seller_user_id, executed_at DESC);
CREATE INDEX trades_buyer_order_id ON trades (buyer_order_id);
CREATE INDEX trades_seller_order_id ON trades (seller_order_id);

GRANT SELECT, INSERT ON trades TO trade_engine_app;
GRANT SELECT ON trades TO trade_engine_readonly;
