-- One row per refresh token. A log-in starts a family; each refresh replaces the family's live row by a new one, so at most one is live.
CREATE TABLE sessions (
    id                 uuid        PRIMARY KEY,
    user_id            uuid        NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    family_id          uuid        NOT NULL,
    refresh_token_hash text        NOT NULL CHECK (length(refresh_token_hash) = 64),
    expires_at         timestamptz NOT NULL,
    ip_address         inet        NOT NULL,
    user_agent         text        NOT NULL DEFAULT '',
    is_revoked         boolean     NOT NULL DEFAULT false,
    revoked_at         timestamptz,
    revoked_reason     text        CHECK (revoked_reason IN ('ROTATED', 'LOGOUT', 'REUSE', 'PASSWORD', 'USER', 'STAFF')),
    replaced_by        uuid,
    signed_in_at       timestamptz NOT NULL,
    created_at         timestamptz NOT NULL DEFAULT now(),
    updated_at         timestamptz NOT NULL DEFAULT now(),
    CHECK (is_revoked = (revoked_at IS NOT NULL) AND is_revoked = (revoked_reason IS NOT NULL)),
    CHECK (replaced_by IS NULL OR is_revoked)
);

CREATE UNIQUE INDEX sessions_refresh_token_hash ON sessions (refresh_token_hash);
CREATE UNIQUE INDEX sessions_one_live_per_family ON sessions (family_id) WHERE NOT is_revoked;
CREATE INDEX sessions_user_id ON sessions (user_id);
CREATE INDEX sessions_expires_at ON sessions (expires_at);

GRANT SELECT, INSERT, UPDATE, DELETE ON sessions TO auth_app;
GRANT SELECT (expires_at), DELETE ON sessions TO wallet_app; -- maintenance drops what has expired
