-- The audit trail is chained by hashes: each record has a link whose hash covers the record and the hash of the link before it. A record that is changed,
-- taken away or put in between shows; mycrypto/hash_chain.py computes the hashes again from the same texts, outside of the database.
CREATE TABLE audit_chain (
    number      bigint      PRIMARY KEY CHECK (number > 0),
    audit_id    uuid        NOT NULL UNIQUE,
    recorded_at timestamptz NOT NULL,
    hash        bytea       NOT NULL CHECK (length(hash) = 32)
);

-- One row. Its lock puts concurrent transactions in a row; its figures show that the end of the chain was cut off.
CREATE TABLE audit_chain_head (
    only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
    number   bigint  NOT NULL,
    hash     bytea   NOT NULL CHECK (length(hash) = 32)
);
INSERT INTO audit_chain_head (number, hash) VALUES (0, sha256(''));

-- Length and value, so that no two rows have the same text.
CREATE FUNCTION chain_part(value text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN value IS NULL THEN '-' ELSE octet_length(value) || ':' || value END
$$;

CREATE FUNCTION audit_chain_append(record audit_logs) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    head    audit_chain_head%ROWTYPE;
    content text;
    linked  bytea;
BEGIN
    SELECT * INTO STRICT head FROM audit_chain_head FOR UPDATE;
    SELECT string_agg(chain_part(value), '' ORDER BY place) INTO content
      FROM unnest(ARRAY[
               record.id::text, record.user_id::text, record.actor_id::text, record.actor_type, record.action, record.resource, record.result,
               record.old_value::text, record.new_value::text, record.reason, host(record.ip_address), record.user_agent, record.request_id,
               (extract(epoch FROM record.timestamp) * 1000000)::bigint::text
           ]) WITH ORDINALITY AS parts (value, place);
    linked := sha256(head.hash || convert_to(content, 'UTF8'));
    INSERT INTO audit_chain (number, audit_id, recorded_at, hash) VALUES (head.number + 1, record.id, record.timestamp, linked);
    UPDATE audit_chain_head SET number = head.number + 1, hash = linked;
END
$$;
REVOKE EXECUTE ON FUNCTION audit_chain_append(audit_logs) FROM PUBLIC;

CREATE FUNCTION audit_logs_are_chained() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM audit_chain_append(NEW);
    RETURN NULL;
END
$$;

-- What was there before is chained in the order of its time.
DO $$
DECLARE
    record audit_logs%ROWTYPE;
BEGIN
    FOR record IN SELECT * FROM audit_logs ORDER BY timestamp, id LOOP
        PERFORM audit_chain_append(record);
    END LOOP;
END
$$;

CREATE TRIGGER audit_logs_chained AFTER INSERT ON audit_logs FOR EACH ROW EXECUTE FUNCTION audit_logs_are_chained();
CREATE TRIGGER audit_chain_stays BEFORE UPDATE OR DELETE ON audit_chain FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_chain_stays_whole BEFORE TRUNCATE ON audit_chain FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

GRANT SELECT ON audit_chain, audit_chain_head TO auth_app, wallet_app;
