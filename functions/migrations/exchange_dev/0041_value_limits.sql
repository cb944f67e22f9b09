-- Limits are about value: what a deposit or a withdrawal of crypto was worth in TRY at its time.

-- The last trade of each market, kept by settlement in the transaction that settles it.
CREATE TABLE market_prices (
    symbol    varchar(21)    PRIMARY KEY,
    price     numeric(28, 8) NOT NULL CHECK (price > 0),
    shard     smallint       NOT NULL,
    seq       bigint         NOT NULL,
    traded_at timestamptz    NOT NULL
);

GRANT SELECT ON market_prices TO wallet_app;
GRANT SELECT, INSERT, UPDATE ON market_prices TO settlement_app;

-- Not known for a withdrawal whose user has no limit, where there was no price. What is in TRY is worth itself.
ALTER TABLE withdrawals ADD COLUMN value_try numeric(28, 8) CHECK (value_try >= 0);

-- Not known until there is a price. What had come before there were limits on crypto counts as nothing.
ALTER TABLE blockchain_transactions ADD COLUMN value_try numeric(28, 8) DEFAULT 0 CHECK (value_try >= 0);
ALTER TABLE blockchain_transactions ALTER COLUMN value_try DROP DEFAULT;

-- What moved in each direction, by the moment that counts.
CREATE VIEW value_moved AS
SELECT user_id, 'OUT' AS direction, created_at AS moved_at, CASE currency WHEN 'TRY' THEN amount ELSE coalesce(value_try, 0) END AS value,
       true AS arrived
  FROM withdrawals WHERE status NOT IN ('CANCELLED', 'REJECTED', 'FAILED')
UNION ALL
-- An announced deposit keeps its place in the limit; it counts as money once the bank has reported it.
SELECT user_id, 'IN', created_at, amount, status <> 'PENDING' FROM deposit_requests WHERE status IN ('PENDING', 'APPROVED', 'COMPLETED')
UNION ALL
SELECT user_id, 'IN', coalesce(confirmed_at, created_at), coalesce(value_try, 0), true
  FROM blockchain_transactions WHERE status IN ('CONFIRMED', 'CREDITED') AND reversed_at IS NULL;

GRANT SELECT ON value_moved TO wallet_app;
