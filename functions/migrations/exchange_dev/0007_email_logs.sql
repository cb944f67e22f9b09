-- One row per mail that was asked for: a repeated message finds its row, and staff can answer "did the mail go out?". Kept 12 months.
CREATE TABLE email_logs (
    message_id uuid        PRIMARY KEY,
    type       text        NOT NULL,
    user_id    uuid,
    recipient  text        NOT NULL,
    status     text        NOT NULL CHECK (status IN ('SENDING', 'SENT', 'FAILED')),
    ses_id     text        NOT NULL DEFAULT '',
    attempts   integer     NOT NULL DEFAULT 1,
    claimed_at timestamptz NOT NULL,
    sent_at    timestamptz,
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX email_logs_user_id ON email_logs (user_id, created_at DESC);
CREATE INDEX email_logs_created_at ON email_logs (created_at);

GRANT SELECT, INSERT, UPDATE ON email_logs TO auth_app;
GRANT SELECT (created_at), DELETE ON email_logs TO wallet_app;
