-- What happened that somebody may have to answer for. Rows are only ever added; the id is the message's, so a repeated delivery adds nothing.
CREATE TABLE audit_logs (
    id         uuid        PRIMARY KEY,
    user_id    uuid,
    actor_id   uuid,
    actor_type text        NOT NULL CHECK (actor_type IN ('USER', 'STAFF', 'SYSTEM')),
    action     text        NOT NULL CHECK (length(action) BETWEEN 1 AND 100),
    resource   text        NOT NULL DEFAULT '',
    result     text        NOT NULL CHECK (result IN ('SUCCESS', 'FAILURE')),
    old_value  jsonb,
    new_value  jsonb,
    reason     text        NOT NULL DEFAULT '',
    ip_address inet,
    user_agent text        NOT NULL DEFAULT '',
    request_id text        NOT NULL DEFAULT '',
    timestamp  timestamptz NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX audit_logs_user_id ON audit_logs (user_id, timestamp DESC);
CREATE INDEX audit_logs_timestamp ON audit_logs (timestamp);

CREATE FUNCTION audit_logs_are_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- kept 24 months; only what is older may go, and nothing may change
    IF TG_OP = 'DELETE' AND OLD.timestamp < now() - interval '24 months' THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'audit_logs is append-only' USING ERRCODE = 'insufficient_privilege';
END
$$;

CREATE TRIGGER audit_logs_append_only BEFORE UPDATE OR DELETE ON audit_logs FOR EACH ROW EXECUTE FUNCTION audit_logs_are_append_only();

GRANT SELECT, INSERT ON audit_logs TO auth_app;
GRANT SELECT (timestamp), DELETE ON audit_logs TO wallet_app; -- maintenance; the trigger lets only expired rows go
