-- Price alerts: a user is told once when the last price is above or below. A row goes when its mail is on its way.
CREATE TABLE price_alerts (
    id          uuid           PRIMARY KEY,
    user_id     uuid           NOT NULL,
    symbol      varchar(20)    NOT NULL,
    condition   text           NOT NULL CHECK (condition IN ('ABOVE', 'BELOW')),
    price       numeric(28, 8) NOT NULL CHECK (price > 0),
    created_at  timestamptz    NOT NULL,
    fired_at    timestamptz,
    fired_price numeric(28, 8),
    CHECK ((fired_at IS NULL) = (fired_price IS NULL))
);

CREATE INDEX price_alerts_user_id_created_at ON price_alerts (user_id, created_at);
CREATE INDEX price_alerts_watched ON price_alerts (symbol, condition, price) WHERE fired_at IS NULL;
CREATE INDEX price_alerts_fired ON price_alerts (fired_at) WHERE fired_at IS NOT NULL;

GRANT SELECT, INSERT, UPDATE, DELETE ON price_alerts TO trade_engine_app;
GRANT SELECT ON price_alerts TO trade_engine_readonly;
