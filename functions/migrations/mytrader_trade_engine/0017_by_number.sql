-- Orders and trades are also asked for by their numbers, which rise with time: one order of a user, and a symbol's trades from one on.
CREATE INDEX orders_user_id_number ON orders (user_id, number);
CREATE INDEX trades_symbol_number ON trades (symbol, number);
