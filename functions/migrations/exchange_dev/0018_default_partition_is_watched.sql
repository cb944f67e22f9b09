-- Rows in the default partition mean that a month was not made in time: maintenance looks, and an alarm says so.
GRANT SELECT ON ledger_postings_default TO wallet_app;
