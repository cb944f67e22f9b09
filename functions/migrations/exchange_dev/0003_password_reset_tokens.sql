CREATE TABLE password_reset_tokens (
    id         uuid        PRIMARY KEY,
    user_id    uuid        NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    token_hash text        NOT NULL CHECK (length(token_hash) = 64),
    expires_at timestamptz NOT NULL,
    used_at    timestamptz,
    ip_address inet        NOT NULL,
    user_agent text        NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE UNIQUE INDEX password_reset_tokens_token_hash ON password_reset_tokens (token_hash);
CREATE INDEX password_reset_tokens_user_id ON password_reset_tokens (user_id);

GRANT SELECT, INSERT, UPDATE, DELETE ON password_reset_tokens TO auth_app;
GRANT SELECT (expires_at), DELETE ON password_reset_tokens TO wallet_app;
