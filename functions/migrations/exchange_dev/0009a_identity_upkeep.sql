-- What the minute job deletes a batch at a time it must be able to name.
GRANT SELECT (id) ON sessions, password_reset_tokens, audit_logs TO wallet_app;
GRANT SELECT (message_id) ON email_logs TO wallet_app;
