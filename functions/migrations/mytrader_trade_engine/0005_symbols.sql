-- The listed symbols and their rules, as the last SymbolChanged said.
CREATE TABLE symbols (
    symbol          varchar(20)    PRIMARY KEY,
    base_asset      varchar(10)    NOT NULL,
    quote_asset     varchar(10)    NOT NULL,
    status          symbol_status  NOT NULL,
    status_reason   text           NOT NULL DEFAULT '',
    resume_at       timestamptz,
    tick_size       numeric(28, 8) NOT NULL,
    lot_size        numeric(28, 8) NOT NULL,
    quantity_min    numeric(28, 8) NOT NULL,
    quantity_max    numeric(28, 8) NOT NULL,
    notional_min    numeric(28, 8) NOT NULL,
    band_bps        integer        NOT NULL,
    breaker_bps     integer        NOT NULL,
    breaker_halt_ms bigint         NOT NULL,
    maker_fee_ppm   integer        NOT NULL,
    taker_fee_ppm   integer        NOT NULL,
    opens_minute    smallint       NOT NULL,
    closes_minute   smallint       NOT NULL,
    shard           smallint       NOT NULL,
    last_seq        bigint         NOT NULL,
    updated_at      timestamptz    NOT NULL
);

GRANT SELECT, INSERT, UPDATE ON symbols TO trade_engine_app;
GRANT SELECT ON symbols TO trade_engine_readonly;
