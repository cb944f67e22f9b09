-- The vocabulary of trading, in the order of mycrypto.contracts.trading: order statuses compare as they move, forward only.
CREATE TYPE order_side AS ENUM ('BUY', 'SELL');
CREATE TYPE order_type AS ENUM ('LIMIT', 'MARKET', 'STOP', 'STOP_LIMIT', 'TAKE_PROFIT', 'TAKE_PROFIT_LIMIT', 'TRAILING_STOP');
CREATE TYPE order_status AS ENUM (
    'PENDING_TRIGGER', 'TRIGGERED', 'OPEN', 'PARTIALLY_FILLED', 'FILLED', 'CANCELLED', 'REJECTED', 'EXPIRED'
);
CREATE TYPE time_in_force AS ENUM ('GTC', 'IOC', 'FOK', 'DAY', 'GTD');
CREATE TYPE symbol_status AS ENUM ('ACTIVE', 'HALTED', 'MAINTENANCE', 'DELISTED', 'AUCTION');
