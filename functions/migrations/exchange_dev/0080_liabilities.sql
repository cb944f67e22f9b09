-- Proof of liabilities: what was published, and what a user needs to check his part of it (mycrypto/liabilities).
CREATE TABLE liability_publications (
    number       bigint      PRIMARY KEY CHECK (number > 0),
    -- The last event of the engine that the balances contain.
    event_number bigint      NOT NULL CHECK (event_number >= 0),
    taken_at     timestamptz NOT NULL,
    -- The hash of the publication before it, zeros for the first; and its own.
    previous     bytea       NOT NULL CHECK (length(previous) = 32),
    hash         bytea       NOT NULL UNIQUE CHECK (length(hash) = 32)
);

CREATE TABLE liability_roots (
    number   bigint         NOT NULL REFERENCES liability_publications (number) DEFERRABLE INITIALLY DEFERRED,
    currency varchar(10)    NOT NULL,
    hash     bytea          NOT NULL CHECK (length(hash) = 32),
    total    numeric(28, 8) NOT NULL CHECK (total >= 0),
    leaves   bigint         NOT NULL CHECK (leaves >= 0),
    PRIMARY KEY (number, currency)
);

-- Level 0 are the leaves: only they have a user and a nonce. The root is in liability_roots.
CREATE TABLE liability_nodes (
    number   bigint         NOT NULL,
    currency varchar(10)    NOT NULL,
    level    smallint       NOT NULL CHECK (level >= 0),
    position bigint         NOT NULL CHECK (position >= 0),
    hash     bytea          NOT NULL CHECK (length(hash) = 32),
    amount   numeric(28, 8) NOT NULL CHECK (amount >= 0),
    user_id  uuid,
    nonce    bytea,
    PRIMARY KEY (number, currency, level, position),
    CHECK ((level = 0) = (user_id IS NOT NULL) AND (user_id IS NULL) = (nonce IS NULL))
);
CREATE INDEX liability_nodes_user ON liability_nodes (user_id, number) WHERE user_id IS NOT NULL;

CREATE TRIGGER liability_publications_stay BEFORE UPDATE OR DELETE ON liability_publications FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER liability_publications_stay_whole BEFORE TRUNCATE ON liability_publications FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER liability_roots_stay BEFORE UPDATE OR DELETE ON liability_roots FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER liability_roots_stay_whole BEFORE TRUNCATE ON liability_roots FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER liability_nodes_stay BEFORE UPDATE ON liability_nodes FOR EACH ROW EXECUTE FUNCTION refuse_change();

GRANT SELECT, INSERT ON liability_publications, liability_roots TO wallet_app;
GRANT SELECT, INSERT, DELETE ON liability_nodes TO wallet_app;
