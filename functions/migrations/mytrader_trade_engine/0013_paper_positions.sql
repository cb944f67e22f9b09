-- What a user's paper trades on a symbol add up to since the last reset. Kept with each fill, because trades are forgotten after a while and
-- a position is not. Play money that was won or lost before this table is not in it.
CREATE TABLE paper_positions (
    user_id    uuid           NOT NULL REFERENCES paper_accounts,
    symbol     varchar(20)    NOT NULL,
    quantity   numeric(28, 8) NOT NULL CHECK (quantity >= 0),
    cost       numeric(38, 8) NOT NULL CHECK (cost >= 0),
    realized   numeric(38, 8) NOT NULL,
    -- Null while nothing is held.
    opened_at  timestamptz,
    updated_at timestamptz    NOT NULL,
    PRIMARY KEY (user_id, symbol),
    CHECK ((quantity > 0) = (opened_at IS NOT NULL)),
    CHECK (quantity > 0 OR cost = 0)
);

GRANT SELECT, INSERT, UPDATE, DELETE ON paper_positions TO trade_engine_app;
GRANT SELECT ON paper_positions TO trade_engine_readonly;
