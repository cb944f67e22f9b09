-- A change of address that waits for both addresses: one row per user, replaced by the next request. Only SHA-256 of the two mailed tokens is stored.
CREATE TABLE email_changes (
    user_id          uuid        PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    new_email        text        NOT NULL CHECK (length(new_email) <= 255 AND new_email = lower(new_email)),
    old_token_hash   text        NOT NULL UNIQUE CHECK (length(old_token_hash) = 64),
    new_token_hash   text        NOT NULL UNIQUE CHECK (length(new_token_hash) = 64),
    old_confirmed_at timestamptz,
    new_confirmed_at timestamptz,
    asked_at         timestamptz NOT NULL,
    expires_at       timestamptz NOT NULL
);

CREATE INDEX email_changes_expires_at ON email_changes (expires_at);

GRANT SELECT, INSERT, UPDATE, DELETE ON email_changes TO auth_app;
GRANT SELECT (user_id, expires_at), DELETE ON email_changes TO wallet_app; -- maintenance drops what has expired
