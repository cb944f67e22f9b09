-- How far each consumer of engine-events has come; moved in the transaction that applies the events, so that each counts once.
CREATE TABLE projection_watermark (
    consumer   text        NOT NULL,
    shard      integer     NOT NULL CHECK (shard >= 0),
    seq        bigint      NOT NULL CHECK (seq >= 0),
    event_time timestamptz NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (consumer, shard)
);

GRANT SELECT, INSERT, UPDATE ON projection_watermark TO trade_engine_app;
GRANT SELECT ON projection_watermark TO trade_engine_readonly;
