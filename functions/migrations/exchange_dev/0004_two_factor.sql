-- The second factor: the sealed TOTP secret (AES-256-GCM), ten single-use backup codes, and what happened with them.
CREATE TABLE two_factor_secrets (
    user_id          uuid        PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    secret_encrypted text        NOT NULL,
    is_enabled       boolean     NOT NULL DEFAULT true,
    last_step        bigint      NOT NULL DEFAULT 0, -- the newest 30-second step that was accepted: none opens twice
    verified_at      timestamptz NOT NULL,
    created_at       timestamptz NOT NULL DEFAULT now(),
    updated_at       timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE two_factor_backup_codes (
    id         uuid        PRIMARY KEY,
    user_id    uuid        NOT NULL REFERENCES two_factor_secrets (user_id) ON DELETE CASCADE,
    code_hash  text        NOT NULL,
    used_at    timestamptz,
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX two_factor_backup_codes_user_id ON two_factor_backup_codes (user_id);

CREATE TABLE two_factor_audit_log (
    id         uuid        PRIMARY KEY,
    user_id    uuid        NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    action     text        NOT NULL CHECK (action IN ('setup', 'enabled', 'disabled', 'verify_success', 'verify_failed', 'backup_used', 'backup_regenerated', 'rate_limit_exceeded')),
    ip_address inet,
    user_agent text        NOT NULL DEFAULT '',
    metadata   jsonb       NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX two_factor_audit_log_user_id ON two_factor_audit_log (user_id, created_at DESC);

GRANT SELECT, INSERT, UPDATE, DELETE ON two_factor_secrets, two_factor_backup_codes TO auth_app;
GRANT SELECT, INSERT ON two_factor_audit_log TO auth_app;
-- Withdrawals ask for a fresh code: the wallet may check one and mark it used, and write down that it did.
GRANT SELECT, UPDATE (last_step, updated_at) ON two_factor_secrets TO wallet_app;
GRANT INSERT ON two_factor_audit_log TO wallet_app;
