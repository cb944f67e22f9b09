-- Rows in a default partition mean that a month or a day was not made in time: maintenance looks, and an alarm says so.
GRANT SELECT ON orders_default, trades_default TO trade_engine_app;
