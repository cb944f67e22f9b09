-- What staff add to a user's balance or take from it: one person asks, another decides, the engine carries it out.
CREATE TABLE adjustments (
    -- Also the id of the transfer by which the money crosses: an adjustment takes effect once.
    id              uuid           PRIMARY KEY,
    user_id         uuid           NOT NULL,
    currency        varchar(10)    NOT NULL,
    -- Negative: taken from the user.
    amount          numeric(28, 8) NOT NULL CHECK (amount <> 0),
    reason          text           NOT NULL CHECK (length(reason) BETWEEN 1 AND 500),
    status          text           NOT NULL DEFAULT 'PROPOSED' CHECK (status IN ('PROPOSED', 'APPROVED', 'APPLIED', 'REJECTED', 'FAILED')),
    proposed_by     uuid           NOT NULL,
    proposed_at     timestamptz    NOT NULL,
    decided_by      uuid,
    decided_at      timestamptz,
    -- Why it was turned down, or the code with which the engine refused it.
    decision_reason text,
    CHECK ((status = 'PROPOSED') = (decided_at IS NULL) AND (decided_at IS NULL) = (decided_by IS NULL)),
    CONSTRAINT adjustments_two_people CHECK (status IN ('PROPOSED', 'REJECTED') OR decided_by <> proposed_by),
    CONSTRAINT adjustments_strangers CHECK (proposed_by <> user_id AND (status = 'REJECTED' OR decided_by <> user_id))
);
CREATE INDEX adjustments_proposed_at ON adjustments (proposed_at DESC, id DESC);
CREATE INDEX adjustments_user ON adjustments (user_id, proposed_at DESC);

GRANT SELECT, INSERT ON adjustments TO wallet_app;
GRANT UPDATE (status, decided_by, decided_at, decision_reason) ON adjustments TO wallet_app;
GRANT SELECT ON adjustments TO settlement_app;
GRANT UPDATE (status, decision_reason) ON adjustments TO settlement_app;
