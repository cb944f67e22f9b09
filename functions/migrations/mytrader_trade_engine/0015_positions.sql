-- What a user's trades on a symbol add up to, because trades are dropped after a while and a position is not, and because a program trades
-- more often than could be added up for an answer. A trigger keeps it, so that it is what the trades say whoever writes them, however often.
CREATE TYPE holding AS (
    quantity    numeric,
    cost        numeric,
    realized    numeric,
    opened_at   timestamptz,
    updated_at  timestamptz,
    last_number bigint
);

CREATE TABLE positions (
    user_id     uuid           NOT NULL,
    symbol      varchar(20)    NOT NULL,
    quantity    numeric(28, 8) NOT NULL CHECK (quantity >= 0),
    cost        numeric(38, 8) NOT NULL CHECK (cost >= 0),
    realized    numeric(38, 8) NOT NULL,
    -- Null while nothing is held.
    opened_at   timestamptz,
    updated_at  timestamptz    NOT NULL,
    -- The newest trade in it. One shard matches all trades of a symbol, so this says which ones are in it.
    last_number bigint         NOT NULL,
    PRIMARY KEY (user_id, symbol),
    CHECK ((quantity > 0) = (opened_at IS NOT NULL)),
    CHECK (quantity > 0 OR cost = 0)
);

GRANT SELECT ON positions TO trade_engine_app, trade_engine_readonly;

-- One more fill, by the rules of mycrypto.positions.Holding: whole units of 10^-8, quotients rounded down. "earlier" is where a sum begins.
CREATE FUNCTION holding_after(
    held holding, earlier holding, buys boolean, quantity numeric, value numeric, fee numeric, executed_at timestamptz, number bigint
) RETURNS holding LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    sold    numeric;
    part    numeric;
BEGIN
    IF held IS NULL THEN
        held := earlier;
        held.quantity := coalesce(held.quantity, 0);
        held.cost := coalesce(held.cost, 0);
        held.realized := coalesce(held.realized, 0);
    END IF;
    held.updated_at := executed_at;
    held.last_number := number;
    IF buys THEN
        held.opened_at := coalesce(held.opened_at, executed_at);
        held.quantity := held.quantity + quantity;
        held.cost := held.cost + value + fee;
    ELSIF held.quantity > 0 THEN
        sold := least(quantity, held.quantity);
        part := div(held.cost * sold * 100000000, held.quantity) * 0.00000001;
        held.realized := held.realized + div((value - fee) * sold * 100000000, quantity) * 0.00000001 - part;
        held.cost := held.cost - part;
        held.quantity := held.quantity - sold;
        IF held.quantity = 0 THEN
            held.opened_at := NULL;
        END IF;
    END IF;
    RETURN held;
END
$$;

CREATE AGGREGATE holding_after_all(holding, boolean, numeric, numeric, numeric, timestamptz, bigint) (
    SFUNC = holding_after,
    STYPE = holding
);

-- As the owner, so that nobody else can write a position.
CREATE FUNCTION keep_positions() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO positions
    SELECT user_id, symbol, (held).quantity, (held).cost, (held).realized, (held).opened_at, (held).updated_at, (held).last_number
      FROM (SELECT fill.user_id, fill.symbol,
                   holding_after_all(
                       ROW(was.quantity, was.cost, was.realized, was.opened_at, was.updated_at, was.last_number)::holding,
                       buys, fill.quantity, value, fee, executed_at, number ORDER BY number, is_maker DESC) AS held
              FROM (SELECT buyer_user_id AS user_id, symbol, true AS buys, is_buyer_maker AS is_maker, quantity, value, buyer_fee AS fee,
                           executed_at, number
                      FROM written
                    UNION ALL
                    SELECT seller_user_id, symbol, false, NOT is_buyer_maker, quantity, value, seller_fee, executed_at, number
                      FROM written) AS fill
              LEFT JOIN positions was ON was.user_id = fill.user_id AND was.symbol = fill.symbol
             GROUP BY fill.user_id, fill.symbol) AS added
        ON CONFLICT (user_id, symbol) DO UPDATE
       SET quantity = excluded.quantity, cost = excluded.cost, realized = excluded.realized, opened_at = excluded.opened_at,
           updated_at = excluded.updated_at, last_number = excluded.last_number;
    RETURN NULL;
END
$$;

CREATE TRIGGER keep_positions AFTER INSERT ON trades REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION keep_positions();

-- The trades that are there already; the trigger keeps writers out until this is committed.
INSERT INTO positions
SELECT user_id, symbol, (held).quantity, (held).cost, (held).realized, (held).opened_at, (held).updated_at, (held).last_number
  FROM (SELECT user_id, symbol,
               holding_after_all(NULL, buys, quantity, value, fee, executed_at, number ORDER BY number, is_maker DESC) AS held
          FROM (SELECT buyer_user_id AS user_id, symbol, true AS buys, is_buyer_maker AS is_maker, quantity, value, buyer_fee AS fee,
                       executed_at, number
                  FROM trades
                UNION ALL
                SELECT seller_user_id, symbol, false, NOT is_buyer_maker, quantity, value, seller_fee, executed_at, number
                  FROM trades) AS fill
         GROUP BY user_id, symbol) AS added;
