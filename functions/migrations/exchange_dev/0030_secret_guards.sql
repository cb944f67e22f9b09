-- Tries of secrets (passwords, codes), counted before each try is judged. PostgreSQL holds the truth: wiping Redis forgives nothing.
CREATE TABLE secret_guards (
    kind         text        NOT NULL CHECK (kind IN ('login', 'session', 'second_factor')),
    -- login: a digest of the address, whether or not it has an account; session: the session; second_factor: the user.
    subject      text        NOT NULL CHECK (length(subject) BETWEEN 1 AND 64),
    failures     integer     NOT NULL CHECK (failures >= 0),
    locked_until timestamptz,
    changed_at   timestamptz NOT NULL,
    PRIMARY KEY (kind, subject)
);

CREATE INDEX secret_guards_changed_at ON secret_guards (changed_at);

-- The wallet checks codes too, and the minute job deletes what is forgotten.
GRANT SELECT, INSERT, UPDATE, DELETE ON secret_guards TO auth_app, wallet_app;

-- Locks of before go on; the columns are read by the code before this migration only.
INSERT INTO secret_guards (kind, subject, failures, locked_until, changed_at)
SELECT 'login', left(encode(sha256(convert_to(email, 'UTF8')), 'hex'), 32), failed_login_attempts, locked_until, now()
  FROM users WHERE failed_login_attempts > 0;

-- A mail that was asked for an address without an account leaves the same rows; such a token belongs to nobody and opens nothing.
ALTER TABLE password_reset_tokens ALTER COLUMN user_id DROP NOT NULL;
