-- The function codes checks codes for the wallet, as auth_app: the wallet's own role neither reads the secrets nor moves the counts of tries.
REVOKE SELECT, UPDATE (last_step, updated_at) ON two_factor_secrets FROM wallet_app;
REVOKE INSERT ON two_factor_audit_log FROM wallet_app;
-- The minute job deletes what is forgotten.
REVOKE SELECT, INSERT, UPDATE ON secret_guards FROM wallet_app;
GRANT SELECT (kind, subject, changed_at, locked_until) ON secret_guards TO wallet_app;
