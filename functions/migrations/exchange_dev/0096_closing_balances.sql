-- What bank and chain hold beside what the books say that they hold, by the looks of the nights.
CREATE TABLE closing_balances (
    source    varchar(10)    NOT NULL CHECK (source IN ('BANK', 'CHAIN')),
    currency  varchar(10)    NOT NULL,
    -- What the partner has beyond the books lies between these two, by every look so far: money on its way makes the distance.
    lowest    numeric(28, 8) NOT NULL,
    highest   numeric(28, 8) NOT NULL,
    -- The last look.
    held      numeric(28, 8) NOT NULL,
    booked    numeric(28, 8) NOT NULL,
    looked_at timestamptz    NOT NULL,
    -- It did not fit at the last look. What does not fit an hour later either is told.
    suspected boolean        NOT NULL DEFAULT false,
    PRIMARY KEY (source, currency),
    CHECK (lowest <= highest)
);

GRANT SELECT, INSERT, UPDATE ON closing_balances TO wallet_app;
