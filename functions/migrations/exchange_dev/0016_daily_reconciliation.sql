-- The nightly proof of the books: one row per day, with what was found.
CREATE TABLE reconciliation_runs (
    day         date        PRIMARY KEY,
    ok          boolean     NOT NULL,
    differences jsonb       NOT NULL,
    totals      jsonb       NOT NULL,
    finished_at timestamptz NOT NULL DEFAULT now()
);

GRANT SELECT, INSERT ON reconciliation_runs TO wallet_app;
