-- Keys for programs. The secret is shown once; it is stored sealed, because the gateway needs it to check HMAC signatures.
CREATE TABLE api_keys (
    id               uuid        PRIMARY KEY,
    user_id          uuid        NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    key_id           text        NOT NULL UNIQUE CHECK (key_id ~ '^mk_[a-z0-9]{24}$'),
    secret_encrypted text        NOT NULL,
    label            text        NOT NULL CHECK (length(label) BETWEEN 1 AND 50),
    scopes           text[]      NOT NULL CHECK (scopes <@ '{read,trade,withdraw}' AND cardinality(scopes) > 0),
    ip_list          cidr[]      NOT NULL DEFAULT '{}',
    created_at       timestamptz NOT NULL DEFAULT now(),
    expires_at       timestamptz,
    revoked_at       timestamptz
);

CREATE INDEX api_keys_user_id ON api_keys (user_id, created_at DESC);

GRANT SELECT, INSERT, UPDATE ON api_keys TO auth_app;
