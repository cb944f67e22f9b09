-- What users are told on the page: one row per message that is a notice, written by the function that also sends its mail. The message's id is the row's
-- own, so that a message which comes twice finds its row. Kept 90 days, and the newest 500 of a user (see mycrypto.notices).
CREATE TABLE notices (
    id          uuid        PRIMARY KEY,
    place       bigint      GENERATED ALWAYS AS IDENTITY, -- grows with each notice of a user in the order in which they can be seen
    user_id     uuid        NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    kind        text        NOT NULL CHECK (kind ~ '^[a-z0-9_]{1,40}$'),
    params      jsonb       NOT NULL CHECK (jsonb_typeof(params) = 'object'),
    happened_at timestamptz NOT NULL,
    read_at     timestamptz,
    created_at  timestamptz NOT NULL DEFAULT now()
);

CREATE UNIQUE INDEX notices_place ON notices (user_id, place);
CREATE INDEX notices_unread ON notices (user_id) WHERE read_at IS NULL;
CREATE INDEX notices_happened_at ON notices (happened_at);

GRANT SELECT, INSERT, DELETE ON notices TO auth_app;
GRANT SELECT, UPDATE (read_at) ON notices TO notices_app;
GRANT SELECT (id, happened_at), DELETE ON notices TO wallet_app; -- maintenance: what is older than 90 days goes
