-- Devices that passed the second factor and may skip it at log-in for thirty days. The token is the device's own; only its SHA-256 is stored, and it is
-- worth something together with the password of its user alone.
CREATE TABLE trusted_devices (
    id           uuid        PRIMARY KEY,
    user_id      uuid        NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    token_hash   text        NOT NULL UNIQUE CHECK (length(token_hash) = 64),
    ip_address   inet        NOT NULL,
    user_agent   text        NOT NULL DEFAULT '',
    trusted_at   timestamptz NOT NULL,
    last_used_at timestamptz NOT NULL,
    expires_at   timestamptz NOT NULL CHECK (expires_at <= trusted_at + interval '30 days')
);

CREATE INDEX trusted_devices_user_id ON trusted_devices (user_id, last_used_at DESC);
CREATE INDEX trusted_devices_expires_at ON trusted_devices (expires_at);

GRANT SELECT, INSERT, UPDATE, DELETE ON trusted_devices TO auth_app;
GRANT SELECT (id, expires_at), DELETE ON trusted_devices TO wallet_app; -- maintenance drops what has expired
