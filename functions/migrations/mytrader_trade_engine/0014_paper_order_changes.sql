-- What happened to paper orders, for who listens on a socket. The changes of one user come one after the other (whoever places or cancels
-- holds the account, whoever fills holds the watermark alone), so that of one user a greater number is never seen before a smaller one.
CREATE TABLE paper_order_changes (
    sequence     bigint       GENERATED ALWAYS AS IDENTITY,
    user_id      uuid         NOT NULL,
    order_number bigint       NOT NULL REFERENCES paper_orders ON DELETE CASCADE,
    status       order_status NOT NULL,
    changed_at   timestamptz  NOT NULL,
    PRIMARY KEY (user_id, sequence)
);

CREATE INDEX paper_order_changes_order_number ON paper_order_changes (order_number);

CREATE FUNCTION note_paper_order_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO paper_order_changes (user_id, order_number, status, changed_at) VALUES (NEW.user_id, NEW.number, NEW.status, NEW.updated_at);
    RETURN NULL;
END;
$$;

CREATE TRIGGER paper_orders_note_changes AFTER INSERT OR UPDATE OF status ON paper_orders
    FOR EACH ROW EXECUTE FUNCTION note_paper_order_change();

GRANT SELECT, INSERT, DELETE ON paper_order_changes TO trade_engine_app;
GRANT SELECT ON paper_order_changes TO trade_engine_readonly;
