-- Staff search the audit log by who acted, what happened and which request it was, always newest first.
CREATE INDEX audit_logs_actor_id ON audit_logs (actor_id, timestamp DESC) WHERE actor_id IS NOT NULL;
CREATE INDEX audit_logs_action ON audit_logs (action, timestamp DESC);
CREATE INDEX audit_logs_request_id ON audit_logs (request_id, timestamp DESC) WHERE request_id <> '';
