-- Whoever finds that Redis was wiped writes the marks of revoked tokens again; for that maintenance may see what was revoked, and when.
GRANT SELECT (family_id, is_revoked, revoked_at) ON sessions TO wallet_app;
GRANT SELECT (tokens_valid_from) ON users TO wallet_app;

CREATE INDEX sessions_revoked_at ON sessions (revoked_at) WHERE is_revoked;
CREATE INDEX users_tokens_valid_from ON users (tokens_valid_from) WHERE tokens_valid_from > '-infinity';
