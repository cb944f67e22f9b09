-- Who has an account. E-mail addresses are stored in lower case, so that one mailbox is one account.
CREATE TABLE users (
    id                                  uuid        PRIMARY KEY,
    email                               text        NOT NULL CHECK (length(email) <= 255 AND email = lower(email) AND email ~ '^[^@[:space:]]+@[^@[:space:]]+\.[^@[:space:]]+$'),
    password_hash                       text        NOT NULL,
    email_verified                      boolean     NOT NULL DEFAULT false,
    email_verification_token_hash       text        CHECK (length(email_verification_token_hash) = 64),
    email_verification_token_expires_at timestamptz,
    two_fa_enabled                      boolean     NOT NULL DEFAULT false,
    terms_accepted                      boolean     NOT NULL CHECK (terms_accepted),
    terms_version                       text        NOT NULL,
    kvkk_consent_accepted               boolean     NOT NULL CHECK (kvkk_consent_accepted),
    kvkk_consent_version                text        NOT NULL,
    consented_at                        timestamptz NOT NULL,
    phone                               text        CHECK (phone ~ '^\+905[0-9]{9}$'),
    roles                               text[]      NOT NULL DEFAULT '{USER}' CHECK (roles <@ '{USER,ADMIN,SUPPORT}' AND cardinality(roles) > 0),
    rate_limit_tier                     text        NOT NULL DEFAULT 'free' CHECK (rate_limit_tier IN ('free', 'basic', 'pro', 'vip')),
    kyc_status                          text        NOT NULL DEFAULT 'NONE' CHECK (kyc_status IN ('NONE', 'PENDING', 'APPROVED', 'REJECTED')),
    kyc_level                           smallint    NOT NULL DEFAULT 0 CHECK (kyc_level BETWEEN 0 AND 3),
    status                              text        NOT NULL DEFAULT 'ACTIVE' CHECK (status IN ('ACTIVE', 'SUSPENDED', 'LOCKED')),
    failed_login_attempts               integer     NOT NULL DEFAULT 0 CHECK (failed_login_attempts >= 0),
    locked_until                        timestamptz,
    tokens_valid_from                   timestamptz NOT NULL DEFAULT '-infinity',
    last_login_at                       timestamptz,
    last_login_ip                       inet,
    created_at                          timestamptz NOT NULL DEFAULT now(),
    updated_at                          timestamptz NOT NULL DEFAULT now(),
    CHECK ((email_verification_token_hash IS NULL) = (email_verification_token_expires_at IS NULL)),
    CHECK (kyc_level = 0 OR email_verified)
);

CREATE UNIQUE INDEX users_email ON users (email);
CREATE INDEX users_created_at ON users (created_at DESC);
CREATE UNIQUE INDEX users_email_verification_token_hash ON users (email_verification_token_hash) WHERE email_verification_token_hash IS NOT NULL;

GRANT SELECT, INSERT, UPDATE ON users TO auth_app;
-- The wallet asks whom to write to and what limits hold; it never sees a hash.
GRANT SELECT (id, email, status, kyc_level, two_fa_enabled) ON users TO wallet_app, settlement_app;
