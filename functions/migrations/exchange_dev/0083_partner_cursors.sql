-- How far the reports of each partner have been asked for: what a webhook has lost is found there.
CREATE TABLE partner_cursors (
    partner    text        PRIMARY KEY,
    cursor     text        NOT NULL CHECK (length(cursor) <= 256),
    updated_at timestamptz NOT NULL
);

GRANT SELECT, INSERT, UPDATE ON partner_cursors TO wallet_app;
