-- What users did on the platform before this one: read by them, never part of the books. `mycrypto import` writes it as the owner.
CREATE TABLE earlier_records (
    user_id     uuid        NOT NULL,
    kind        text        NOT NULL CHECK (kind IN ('TRANSACTION', 'ORDER', 'TRADE')),
    -- The id of the row there.
    source_id   text        NOT NULL CHECK (length(source_id) BETWEEN 1 AND 64),
    occurred_at timestamptz NOT NULL,
    -- The columns that are the user's to see; every value is a text.
    document    jsonb       NOT NULL,
    PRIMARY KEY (user_id, kind, source_id)
);

CREATE INDEX earlier_records_newest ON earlier_records (user_id, occurred_at DESC, kind, source_id);

CREATE TRIGGER earlier_records_stay BEFORE UPDATE OR DELETE ON earlier_records FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER earlier_records_stay_whole BEFORE TRUNCATE ON earlier_records FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

GRANT SELECT ON earlier_records TO wallet_app;

-- Open orders of that platform that were put on the command log: written with the command, so that each is placed once.
CREATE TABLE imported_orders (
    source_id       uuid        PRIMARY KEY,
    user_id         uuid        NOT NULL,
    client_order_id text        NOT NULL,
    placed_at       timestamptz NOT NULL DEFAULT now()
);

-- The user's copy of all personal data has them too.
CREATE FUNCTION earlier_records_of(subject uuid, rows_max integer) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT coalesce(jsonb_agg(to_jsonb(found)), '[]') FROM (
        SELECT kind, source_id, occurred_at, document FROM earlier_records
         WHERE user_id = subject ORDER BY occurred_at DESC, kind, source_id LIMIT rows_max) found
$$;

REVOKE EXECUTE ON FUNCTION earlier_records_of(uuid, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION earlier_records_of(uuid, integer) TO auth_app;
